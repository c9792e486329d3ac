using System.Runtime.CompilerServices;

namespace Aviator.Kubernetes;

/// <summary>
/// Finds objects of a namespace by something else than their name, without looking at all of them each time. An index belongs to one
/// snapshot of a namespace, is made when that is first asked for, and goes with it. Safe for several threads.
/// </summary>
/// <typeparam name="TItem">What the store keeps of an object.</typeparam>
/// <param name="keyOf">What objects are found by; null for an object that is not looked for.</param>
public sealed class SnapshotIndex<TItem>(Func<TItem, string?> keyOf)
    where TItem : class
{
    private readonly ConditionalWeakTable<IReadOnlyDictionary<string, TItem>, ILookup<string?, TItem>> _indexes = [];

    /// <summary>The objects with that key.</summary>
    /// <param name="snapshot">
    /// What <see cref="ObjectStore{TItem}.InNamespace"/> gave: the same object for as long as the namespace is the same.
    /// </param>
    /// <param name="key">The key.</param>
    public IEnumerable<TItem> Having(IReadOnlyDictionary<string, TItem> snapshot, string key) =>
        _indexes.GetValue(snapshot, all => all.Values.ToLookup(keyOf, StringComparer.Ordinal))[key];
}
