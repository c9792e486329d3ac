using System.Collections.Immutable;

namespace Aviator.Kubernetes;

/// <summary>
/// What changed in a store: added when <paramref name="Old"/> is null, removed when <paramref name="New"/> is null, else modified.
/// </summary>
/// <param name="Key">The object's name.</param>
/// <param name="Old">The object before.</param>
/// <param name="New">The object now.</param>
public sealed record ObjectChange<TItem>(ObjectKey Key, TItem? Old, TItem? New)
    where TItem : class;

/// <summary>
/// The objects of one kind as last seen, by namespace and name. One reflector writes; anyone reads, without locks, a state that does not
/// move under the reader. Subscribers hear of a change only when the kept part of an object differs, so a heartbeat that is not kept causes
/// no work.
/// </summary>
/// <typeparam name="TItem">What is kept of an object; treated as immutable.</typeparam>
/// <param name="comparer">Decides whether an object changed; records that hold lists need their own.</param>
public sealed class ObjectStore<TItem>(IEqualityComparer<TItem>? comparer = null)
    where TItem : class
{
    private static readonly ImmutableDictionary<string, TItem> None = ImmutableDictionary<string, TItem>.Empty.WithComparers(
        StringComparer.Ordinal);

    private readonly IEqualityComparer<TItem> _comparer = comparer ?? EqualityComparer<TItem>.Default;
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _writing = new();
    private ImmutableDictionary<string, ImmutableDictionary<string, TItem>> _objects =
        ImmutableDictionary<string, ImmutableDictionary<string, TItem>>.Empty.WithComparers(StringComparer.Ordinal);

    private ImmutableArray<Action<ObjectChange<TItem>>> _subscribers = [];

    /// <summary>Whether a first complete list has been read.</summary>
    public bool IsSynced => _synced.Task.IsCompleted;

    /// <summary>Number of objects.</summary>
    public int Count => Volatile.Read(ref _objects).Sum(entry => entry.Value.Count);

    /// <summary>Waits for the first complete list.</summary>
    public Task WhenSyncedAsync(CancellationToken cancellationToken) => _synced.Task.WaitAsync(cancellationToken);

    /// <summary>The object of that name, or null.</summary>
    public TItem? Find(ObjectKey key) => InNamespace(key.Namespace).GetValueOrDefault(key.Name);

    /// <summary>A snapshot of one namespace, by name.</summary>
    public IReadOnlyDictionary<string, TItem> InNamespace(string ns) => Volatile.Read(ref _objects).GetValueOrDefault(ns, None);

    /// <summary>A snapshot of everything.</summary>
    public IEnumerable<KeyValuePair<ObjectKey, TItem>> All() => Volatile.Read(ref _objects)
        .SelectMany(ns => ns.Value.Select(entry => KeyValuePair.Create(new ObjectKey(ns.Key, entry.Key), entry.Value)));

    /// <summary>
    /// Calls <paramref name="onChange"/> after each change, in order, on the reflector's task: it must be quick and must not throw
    /// (put a name into a queue). What is in the store already is not repeated.
    /// </summary>
    /// <returns>Disposing ends the subscription.</returns>
    public IDisposable Subscribe(Action<ObjectChange<TItem>> onChange)
    {
        ImmutableInterlocked.Update(ref _subscribers, list => list.Add(onChange));
        return new Subscription(() => ImmutableInterlocked.Update(ref _subscribers, list => list.Remove(onChange)));
    }

    /// <summary>Adds or replaces one object.</summary>
    internal void Upsert(ObjectKey key, TItem item)
    {
        ObjectChange<TItem>? change;
        lock (_writing)
        {
            var old = Find(key);
            change = old is not null && _comparer.Equals(old, item) ? null : new(key, old, item);
            Volatile.Write(
                ref _objects, _objects.SetItem(key.Namespace, _objects.GetValueOrDefault(key.Namespace, None).SetItem(key.Name, item)));
        }

        if (change is not null) Notify(change);
    }

    /// <summary>Removes one object; nothing happens when it is not there.</summary>
    internal void Remove(ObjectKey key)
    {
        TItem? old;
        lock (_writing)
        {
            if ((old = Find(key)) is null) return;
            var rest = _objects[key.Namespace].Remove(key.Name);
            Volatile.Write(ref _objects, rest.IsEmpty ? _objects.Remove(key.Namespace) : _objects.SetItem(key.Namespace, rest));
        }

        Notify(new(key, old, null));
    }

    /// <summary>Puts a complete list in the place of everything, at once, and then reports each difference once.</summary>
    internal void Replace(IReadOnlyCollection<KeyValuePair<ObjectKey, TItem>> list)
    {
        var changes = new List<ObjectChange<TItem>>();
        lock (_writing)
        {
            var before = _objects;
            var after = list.GroupBy(entry => entry.Key.Namespace, StringComparer.Ordinal).ToImmutableDictionary(
                ns => ns.Key,
                ns => None.SetItems(ns.Select(entry => KeyValuePair.Create(entry.Key.Name, entry.Value))),
                StringComparer.Ordinal);
            foreach (var (key, item) in list)
            {
                var old = before.GetValueOrDefault(key.Namespace, None).GetValueOrDefault(key.Name);
                if (old is null || !_comparer.Equals(old, item)) changes.Add(new(key, old, item));
            }

            foreach (var (ns, names) in before)
                foreach (var (name, old) in names)
                    if (!after.GetValueOrDefault(ns, None).ContainsKey(name))
                        changes.Add(new(new ObjectKey(ns, name), old, null));
            Volatile.Write(ref _objects, after);
        }

        _synced.TrySetResult();
        foreach (var change in changes) Notify(change);
    }

    private void Notify(ObjectChange<TItem> change)
    {
        foreach (var subscriber in _subscribers) subscriber(change);
    }

    private sealed class Subscription(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
