using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Events;
using Aviator.Controller.Kubernetes;
using Aviator.Controller.Kubernetes.Steering;
using Aviator.Controller.Telemetry;
using Aviator.Core.Slices;
using Aviator.Kubernetes;

namespace Aviator.Controller.Reconciliation;

/// <summary>
/// Brings one Service to where its policies want it: steered by the one that has it, or handed back. Level-based: what is to be done follows from
/// what is seen, whatever led to it, so any call may be repeated, lost, or made by another process.
/// </summary>
internal sealed class ServiceReconciler(
    PolicyStore policies, ClusterView cluster, Datapaths datapaths, Acceptance acceptance, PolicyEvaluation evaluation, PolicyStatusKeeper status,
    Finalizers finalizers, IEventRecorder events, ControllerMetrics metrics)
{
    /// <summary>Looks at one Service and does what is next.</summary>
    /// <param name="key">The Service; it need not exist.</param>
    /// <param name="run">What is remembered of it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>When to look again, even if nothing changes; null when only a change can matter.</returns>
    public async Task<TimeSpan?> ReconcileAsync(ObjectKey key, ServiceRun run, CancellationToken cancellationToken)
    {
        var naming = policies.Naming(key);
        var service = cluster.Services.Find(key);
        var owner = PolicyClaims.OwnerOf(key.Name, naming);
        run.BelongTo(owner?.Metadata.Uid);

        var again = owner is null
            ? await HandBackAsync(key, run, naming, cancellationToken)
            : await ServeAsync(key, run, owner, service, cancellationToken);
        foreach (var policy in naming.Where(policy => policy != owner && policy.Metadata.DeletionTimestamp is null))
            await status.UpdateAsync(policy, Conditions.Rejected(Acceptance.Rejection(policy, owner)), null, null, cancellationToken);
        foreach (var policy in naming.Where(policy => policy.Metadata.DeletionTimestamp is not null))
        {
            // A Service that has passed to another policy is handed over as it is: letting go first would only move traffic twice.
            if (owner is null && run.Phase is not (null or SteeringPhase.Released or SteeringPhase.Gone)) continue;
            if (await finalizers.RemoveAsync(policy, cancellationToken)) events.Record(new(ConditionEvents.Target(policy), EventReason.Released, Farewell(policy, owner, service)));
        }

        return again;
    }

    /// <summary>No policy has the Service: nothing of Aviator's may stay on it. A twin goes with its last policy; one that cannot be read may be mended.</summary>
    private async Task<TimeSpan?> HandBackAsync(ObjectKey key, ServiceRun run, IReadOnlyList<AviatorPolicy> naming, CancellationToken cancellationToken)
    {
        var state = await LetGoAsync(key, run, remove: naming.All(policy => policy.Metadata.DeletionTimestamp is not null), cancellationToken);
        if (state is null) return null;
        foreach (var policy in naming.Where(policy => policy.Metadata.DeletionTimestamp is not null && Finalizers.On(policy)))
            await status.UpdateAsync(policy, Conditions.Leaving(state), null, null, cancellationToken);
        return state.LookAgainAfter;
    }

    private async Task<TimeSpan?> ServeAsync(ObjectKey key, ServiceRun run, AviatorPolicy owner, ServiceShape? service, CancellationToken cancellationToken)
    {
        var terms = SpecReader.Read(owner.Spec, out _)!;
        var verdict = await acceptance.JudgeAsync(owner, terms, service, cancellationToken);
        if (verdict.Accepted.Holds != true || service is null)
        {
            var released = await LetGoAsync(key, run, remove: false, cancellationToken);
            metrics.Show(owner.Key(), new(false, 0, 0, 0, false, null));
            await status.UpdateAsync(owner, Conditions.NotServed(verdict.Accepted, released, terms.Mode), null, null, cancellationToken);
            if (released is null && !datapaths.HasTwin(key)) await finalizers.RemoveAsync(owner, cancellationToken);
            return Sooner(released?.LookAgainAfter, verdict.LookAgainAfter);
        }

        if (terms.Mode == PolicyMode.Observe)
        {
            var released = await LetGoAsync(key, run, remove: false, cancellationToken);
            if (released is null && !datapaths.HasTwin(key)) await finalizers.RemoveAsync(owner, cancellationToken);
            var due = await evaluation.ObserveAsync(owner, terms, verdict.Accepted, service, run, cancellationToken);
            return Sooner(due, Sooner(released?.LookAgainAfter, verdict.LookAgainAfter));
        }

        await finalizers.AddAsync(owner, cancellationToken);
        var other = await datapaths.ReleaseOtherAsync(terms.Routing, key, cancellationToken);
        var next = await evaluation.EnforceAsync(owner, terms, verdict.Accepted, service, run, cancellationToken);
        return Sooner(next, Sooner(other?.LookAgainAfter, verdict.LookAgainAfter));
    }

    /// <returns>Null when nothing of Aviator's is on the Service (any more).</returns>
    private async Task<DatapathState?> LetGoAsync(ObjectKey key, ServiceRun run, bool remove, CancellationToken cancellationToken)
    {
        var state = remove ? await datapaths.RemoveAsync(key, cancellationToken) : await datapaths.ReleaseAsync(key, cancellationToken);
        run.Phase = state?.Phase;
        return state;
    }

    private static string Farewell(AviatorPolicy policy, AviatorPolicy? owner, ServiceShape? service) =>
        owner is not null ? $"The Service passed to policy {owner.Metadata.Name}."
        : service is null ? "The Service does not exist any more."
        : policy.Spec.Routing == nameof(PolicyRouting.Shadow) ? $"The twin Service {TwinNames.Of(service.Name)} was removed; Service {service.Name} is as it was."
        : "The Service was handed back; its own slices carry the traffic.";

    private static TimeSpan? Sooner(TimeSpan? one, TimeSpan? other) => one is null ? other : other is null || one < other ? one : other;
}
