using System.Net;
using Aviator.Kubernetes;

namespace Aviator.Agent.Steering;

/// <summary>
/// Knows which addresses Kubernetes' own EndpointSlices show as ready. Follows them only while an order names a Service that they speak of.
/// One caller at a time.
/// </summary>
/// <param name="connection">The API server; null without a cluster, where every order stands as it is.</param>
/// <param name="options">The namespace to follow.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes one line per outage.</param>
/// <param name="changed">Called after each change.</param>
internal sealed class SliceFollower(ApiConnection? connection, AgentOptions options, TimeProvider time, ILogger logger, Action changed)
{
    private SliceWatch? _watch;

    /// <summary>Grows with each change of what is known.</summary>
    public long Version => _watch?.Version ?? 0;

    /// <summary>How long slices could not be followed; null while they are, or need not be.</summary>
    public TimeSpan? FailingFor => _watch?.FailingFor;

    /// <summary>Begins to follow, if it has not begun.</summary>
    public void Start()
    {
        var ns = options.Namespace is { Length: > 0 } one ? one : null;
        _watch ??= connection is null ? null : new(connection, ns, time, logger, changed);
    }

    /// <summary>Ends it; what was known is forgotten.</summary>
    public async Task StopAsync()
    {
        if (_watch is not { } watch) return;
        _watch = null;
        await watch.DisposeAsync();
    }

    /// <summary>
    /// Whether what is known says something of an order of this age. Before the first list nothing is known. While the server is away, an
    /// order from before the outage is judged by what was known then, and a later one stands as it is: its leader knows more.
    /// </summary>
    public bool IsKnownFor(TimeSpan orderAge) =>
        _watch is { IsSynced: true } watch && (watch.FailingFor is not { } failing || failing < orderAge);

    /// <summary>The ready addresses of each Service that is asked for.</summary>
    public IReadOnlyDictionary<ObjectKey, IReadOnlySet<IPAddress>> Ready(IEnumerable<ObjectKey> services)
    {
        var ready = services.ToDictionary(service => service, _ => new HashSet<IPAddress>());
        foreach (var slice in _watch?.Slices ?? [])
            if (ready.TryGetValue(slice.Service, out var addresses))
                addresses.UnionWith(slice.Ready);
        return ready.ToDictionary(entry => entry.Key, entry => (IReadOnlySet<IPAddress>)entry.Value);
    }
}
