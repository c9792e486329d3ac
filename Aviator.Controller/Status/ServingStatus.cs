using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Collection;
using Aviator.Controller.Reconciliation;
using Aviator.Controller.Steering;
using Aviator.Controller.Telemetry;
using Aviator.Core.Decisions;

namespace Aviator.Controller.Status;

/// <summary>Shows how a policy at work stands: in its status and in its gauges.</summary>
/// <param name="keeper">Writes statuses.</param>
/// <param name="shared">Says what is wrong with the shared state.</param>
/// <param name="metrics">The gauges.</param>
internal sealed class ServingStatus(PolicyStatusKeeper keeper, ISharedReports shared, ControllerMetrics metrics)
{
    /// <summary>Shows the policy. While a selection found in place is being kept, the status that reports it is kept too.</summary>
    /// <param name="policyCase">The policy.</param>
    /// <param name="run">What is remembered of it.</param>
    /// <param name="state">Where the Service stands; null in observe mode.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task ShowAsync(PolicyCase policyCase, ServiceRun run, DatapathState? state, CancellationToken cancellationToken)
    {
        if (run is { Pace.IsWarming: true, Memory.Summary: null } && state?.Denial is null) return;
        // A new leader has not heard of any node for a moment: that is no news for a status that tells of them.
        if (state?.Kernel is { IsSteered: false, Waiting: > 0 } && policyCase.Policy.Status is not null) return;
        var (summary, fault) = (AsPublished(run.Memory.Summary, state), shared.Fault);
        var conditions = Conditions.Serving(policyCase.Accepted, policyCase.Terms.Mode, state, summary, fault);
        metrics.Show(policyCase.Policy.Key(), new(
            state is { IsSteered: true },
            KernelStatuses.Active(summary, state?.Kernel),
            summary?.Total ?? 0,
            summary?.Ejected ?? 0,
            summary is { Degraded.IsTrue: true } || fault is not null,
            summary?.P99,
            conditions.Reasons));
        await keeper.UpdateAsync(policyCase.Policy, conditions, summary, run.Memory.Source, cancellationToken, state?.Kernel);
    }

    /// <summary>Until own slices alone carry the traffic, every ready endpoint gets some, whatever was decided.</summary>
    private static PolicySummary? AsPublished(PolicySummary? summary, DatapathState? state) =>
        summary is not null && state is { Kernel: null, Phase: not SteeringPhase.Steered }
            ? summary with { Active = summary.Total }
            : summary;
}
