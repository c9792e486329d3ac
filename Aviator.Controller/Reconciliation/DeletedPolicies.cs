using System.Collections.Concurrent;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Policies;
using Aviator.Controller.State;
using Aviator.Controller.Status;
using Aviator.Controller.Telemetry;
using Aviator.Kubernetes;

namespace Aviator.Controller.Reconciliation;

/// <summary>Forgets policies that are gone: their gauges and statuses at once, their stored states when a worker has time.</summary>
/// <param name="policies">Where they disappear.</param>
/// <param name="states">The stored states.</param>
/// <param name="status">The statuses.</param>
/// <param name="metrics">The gauges.</param>
internal sealed class DeletedPolicies(PolicyStore policies, IPolicyStateStore states, PolicyStatusKeeper status, ControllerMetrics metrics)
{
    private readonly ConcurrentQueue<PolicyIdentity> _gone = new();

    /// <summary>Begins to listen.</summary>
    public void Start() => policies.Policies.Subscribe(OnPolicy);

    /// <summary>Removes the states of the policies that are gone.</summary>
    public async Task RemoveStatesAsync(CancellationToken cancellationToken)
    {
        while (_gone.TryDequeue(out var policy))
        {
            try
            {
                await states.RemoveAsync(policy, cancellationToken);
            }
            catch (StateUnavailableException)
            {
                // Entries expire by themselves in a store that can be away.
            }
        }
    }

    /// <summary>A policy that was created again under the same name is another one: the earlier one is gone.</summary>
    private void OnPolicy(ObjectChange<AviatorPolicy> change)
    {
        if (change.Old is not { } old || change.New?.Metadata.Uid == old.Metadata.Uid) return;
        metrics.Forget(change.Key);
        status.Forget(old.Metadata.Uid);
        _gone.Enqueue(new(change.Key.Namespace, change.Key.Name, old.Metadata.Uid));
    }
}
