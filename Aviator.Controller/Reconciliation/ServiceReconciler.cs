using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Cluster;
using Aviator.Controller.Events;
using Aviator.Controller.Policies;
using Aviator.Controller.Status;
using Aviator.Controller.Steering;
using Aviator.Controller.Telemetry;
using Aviator.Core.Slices;
using Aviator.Kubernetes;

namespace Aviator.Controller.Reconciliation;

/// <summary>
/// Brings one Service to where its policies want it: steered by the one that has it, or handed back. Level-based: what is to be done
/// follows from what is seen, whatever led to it, so any call may be repeated, lost, or made by another process.
/// </summary>
internal sealed class ServiceReconciler(
    PolicyStore policies, ClusterView cluster, Datapaths datapaths, Acceptance acceptance, PolicyEvaluation evaluation,
    PolicyStatusKeeper status, PolicyFinalizer finalizer, IEventRecorder events, ControllerMetrics metrics)
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
        foreach (var policy in naming.Where(policy => policy != owner && !IsDeleting(policy)))
            await status.UpdateAsync(policy, Conditions.Rejected(Acceptance.Rejection(policy, owner)), null, null, cancellationToken);
        foreach (var policy in naming.Where(IsDeleting))
        {
            // A Service that has passed to another policy is handed over as it is: releasing it first would only move traffic twice.
            if (owner is null && run.Phase is not (null or SteeringPhase.Released or SteeringPhase.Gone)) continue;
            if (await finalizer.RemoveAsync(policy, cancellationToken))
                events.Record(new(ConditionEvents.Target(policy), EventReason.Released, Farewell(policy, owner, service)));
        }

        return again;
    }

    /// <summary>
    /// No policy has the Service: nothing of Aviator's may stay on it. A twin goes with its last policy; one that cannot be read may be
    /// fixed.
    /// </summary>
    private async Task<TimeSpan?> HandBackAsync(
        ObjectKey key, ServiceRun run, IReadOnlyList<AviatorPolicy> naming, CancellationToken cancellationToken)
    {
        try
        {
            var state = await ReleaseAsync(key, run, remove: naming.All(IsDeleting), cancellationToken);
            if (state is not null) await ShowAsync(state);
            return state?.LookAgainAfter;
        }
        catch (ApiException refusal) when (refusal.IsRefusal)
        {
            await ShowAsync(DatapathState.Denied(run.Phase, refusal.Message));
            throw;
        }

        async Task ShowAsync(DatapathState state)
        {
            foreach (var policy in naming.Where(policy => IsDeleting(policy) && PolicyFinalizer.On(policy)))
                await status.UpdateAsync(policy, Conditions.Leaving(state), null, null, cancellationToken);
        }
    }

    private async Task<TimeSpan?> ServeAsync(
        ObjectKey key, ServiceRun run, AviatorPolicy owner, ServiceShape? service, CancellationToken cancellationToken)
    {
        var terms = SpecReader.Read(owner.Spec, out _)!;
        var verdict = await acceptance.JudgeAsync(owner, terms, service, cancellationToken);
        if (verdict.Accepted.Holds != true || service is null)
        {
            var released = await ReleaseAsync(key, run, remove: false, cancellationToken);
            var conditions = Conditions.NotServed(verdict.Accepted, released, terms.Mode);
            metrics.Show(owner.Key(), new(false, 0, 0, 0, false, null, conditions.Reasons));
            await status.UpdateAsync(owner, conditions, null, null, cancellationToken);
            if (released is null && !datapaths.HasTwin(key)) await finalizer.RemoveAsync(owner, cancellationToken);
            return Delays.Sooner(released?.LookAgainAfter, verdict.LookAgainAfter);
        }

        if (terms.Mode == PolicyMode.Observe)
        {
            var released = await ReleaseAsync(key, run, remove: false, cancellationToken);
            if (released is null && !datapaths.HasTwin(key)) await finalizer.RemoveAsync(owner, cancellationToken);
            var due = await evaluation.ObserveAsync(evaluation.Look(owner, terms, verdict.Accepted, service), run, cancellationToken);
            return Delays.Sooner(due, Delays.Sooner(released?.LookAgainAfter, verdict.LookAgainAfter));
        }

        // Kernels hold nothing that a policy would have to stay for: their orders end with it, or grow old.
        var leavesNothing = terms.Routing == PolicyRouting.Kernel;
        if (!leavesNothing) await finalizer.AddAsync(owner, cancellationToken);
        var other = await datapaths.ReleaseOtherAsync(terms.Routing, key, cancellationToken);
        if (leavesNothing && other is null && !datapaths.HasTwin(key)) await finalizer.RemoveAsync(owner, cancellationToken);
        var next = await evaluation.EnforceAsync(evaluation.Look(owner, terms, verdict.Accepted, service), run, cancellationToken);
        return Delays.Sooner(next, Delays.Sooner(other?.LookAgainAfter, verdict.LookAgainAfter));
    }

    /// <returns>Null when nothing of Aviator's is left on the Service.</returns>
    private async Task<DatapathState?> ReleaseAsync(ObjectKey key, ServiceRun run, bool remove, CancellationToken cancellationToken)
    {
        var state = remove ? await datapaths.RemoveAsync(key, cancellationToken) : await datapaths.ReleaseAsync(key, cancellationToken);
        (run.Phase, run.IsDenied) = (state?.Phase, state?.Denial is not null);
        return state;
    }

    private static bool IsDeleting(AviatorPolicy policy) => policy.Metadata.DeletionTimestamp is not null;

    private static string Farewell(AviatorPolicy policy, AviatorPolicy? owner, ServiceShape? service)
    {
        if (owner is not null) return $"The Service passed to policy {owner.Metadata.Name}.";
        if (service is null) return "The Service no longer exists.";
        return policy.Spec.Routing == nameof(PolicyRouting.Shadow)
            ? $"The twin Service {TwinNames.ForService(service.Name)} was removed; Service {service.Name} is as it was."
            : "The Service was handed back; its own slices carry the traffic.";
    }
}
