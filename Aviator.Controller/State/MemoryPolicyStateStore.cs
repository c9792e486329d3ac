using System.Collections.Concurrent;
using Aviator.Core.Decisions;
using Aviator.Kubernetes;

namespace Aviator.Controller.State;

/// <summary>
/// The store where nothing else is configured. One entry a policy, removed with it; a restart rebuilds the selection from the slices as
/// they are.
/// </summary>
internal sealed class MemoryPolicyStateStore : IPolicyStateStore
{
    private readonly ConcurrentDictionary<ObjectKey, Entry> _states = new();

    /// <inheritdoc/>
    public ValueTask<PolicyState?> LoadAsync(PolicyIdentity policy, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_states.TryGetValue(Key(policy), out var entry) && entry.Uid == policy.Uid ? entry.State : null);

    /// <inheritdoc/>
    public ValueTask<bool> SaveAsync(PolicyIdentity policy, PolicyState state, long term, CancellationToken cancellationToken)
    {
        var mine = new Entry(policy.Uid, state, term);
        var kept = _states.AddOrUpdate(Key(policy), mine, (_, before) => before.Term > term ? before : mine);
        return ValueTask.FromResult(ReferenceEquals(mine, kept));
    }

    /// <inheritdoc/>
    public void BeginTerm() => _states.Clear();

    /// <inheritdoc/>
    public ValueTask RemoveAsync(PolicyIdentity policy, CancellationToken cancellationToken)
    {
        if (_states.TryGetValue(Key(policy), out var entry) && entry.Uid == policy.Uid)
            _states.TryRemove(KeyValuePair.Create(Key(policy), entry));
        return ValueTask.CompletedTask;
    }

    private static ObjectKey Key(PolicyIdentity policy) => new(policy.Namespace, policy.Name);

    private sealed record Entry(string Uid, PolicyState State, long Term);
}
