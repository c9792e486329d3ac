using System.Collections.Concurrent;
using Aviator.Controller.Core;

namespace Aviator.Controller.State;

/// <summary>The store where nothing else is configured. One entry a policy, removed with it; a restart rebuilds the selection from the slices as they are.</summary>
internal sealed class MemoryPolicyStateStore : IPolicyStateStore
{
    private readonly ConcurrentDictionary<PolicyIdentity, (PolicyState State, long Term)> _states = new();

    /// <inheritdoc/>
    public ValueTask<PolicyState?> LoadAsync(PolicyIdentity policy, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_states.TryGetValue(policy, out var entry) ? entry.State : null);

    /// <inheritdoc/>
    public ValueTask<bool> SaveAsync(PolicyIdentity policy, PolicyState state, long term, CancellationToken cancellationToken)
    {
        var kept = _states.AddOrUpdate(policy, _ => (state, term), (_, before) => before.Term > term ? before : (state, term));
        return ValueTask.FromResult(kept.Term == term);
    }

    /// <inheritdoc/>
    public ValueTask RemoveAsync(PolicyIdentity policy, CancellationToken cancellationToken)
    {
        _states.TryRemove(policy, out _);
        return ValueTask.CompletedTask;
    }
}
