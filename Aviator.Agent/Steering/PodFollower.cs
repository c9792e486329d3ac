using System.Net;
using Aviator.Kubernetes;

namespace Aviator.Agent.Steering;

/// <summary>
/// Knows which pods are ready in the namespaces where the pods themselves have to say it: of a Service that Aviator's slices steer,
/// Kubernetes' own slices are empty, and Aviator's are as old as the last write of a controller. One caller at a time.
/// </summary>
/// <param name="connection">The API server; null without a cluster, where every order stands as it is.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes one line per list and per failure.</param>
/// <param name="changed">Called after each change.</param>
internal sealed class PodFollower(ApiConnection? connection, TimeProvider time, ILogger logger, Action changed)
{
    private readonly Dictionary<string, PodWatch> _watches = new(StringComparer.Ordinal);
    private long _version;

    /// <summary>Grows with each change of what is known.</summary>
    public long Version => Interlocked.Read(ref _version);

    /// <summary>How long one of the namespaces could not be followed; null while all are.</summary>
    public TimeSpan? FailingFor => _watches.Values.Max(watch => watch.FailingFor);

    /// <summary>Follows these namespaces from now on, and no other.</summary>
    public async Task FollowAsync(IReadOnlySet<string> namespaces)
    {
        foreach (var ns in _watches.Keys.Where(ns => !namespaces.Contains(ns)).ToList())
        {
            _watches.Remove(ns, out var watch);
            await watch!.DisposeAsync();
        }

        if (connection is null) return;
        foreach (var ns in namespaces.Where(ns => !_watches.ContainsKey(ns)))
            _watches[ns] = new(connection, ns, time, logger, OnChange);
    }

    /// <inheritdoc cref="SliceFollower.IsKnownFor"/>
    public bool IsKnownFor(string ns, TimeSpan orderAge) =>
        _watches.TryGetValue(ns, out var watch) && watch.IsSynced && (watch.FailingFor is not { } failing || failing < orderAge);

    /// <summary>The addresses of the ready pods of a Service.</summary>
    public IReadOnlySet<IPAddress> Ready(string ns, IReadOnlyDictionary<string, string> selector) =>
        _watches[ns].Pods.Where(pod => pod.IsOf(selector)).SelectMany(pod => pod.Addresses).ToHashSet();

    private void OnChange()
    {
        Interlocked.Increment(ref _version);
        changed();
    }
}
