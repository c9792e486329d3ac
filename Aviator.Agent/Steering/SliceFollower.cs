using Aviator.Kubernetes;

namespace Aviator.Agent.Steering;

/// <summary>
/// Knows which addresses Kubernetes shows as ready, without a controller: a pod that is gone leaves this node's table although nobody
/// orders it. Follows EndpointSlices only while an order names a Service. One caller at a time.
/// </summary>
/// <param name="connection">The API server; null without a cluster, where every order stands as it is.</param>
/// <param name="options">The namespace to follow.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes one line per outage.</param>
/// <param name="changed">Called after each change.</param>
internal sealed class SliceFollower(ApiConnection? connection, AgentOptions options, TimeProvider time, ILogger logger, Action changed)
{
    /// <summary>An outage that is shorter is not worth a word.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private SliceWatch? _watch;

    /// <summary>Grows with each change of what is known.</summary>
    public long Version => _watch?.Version ?? 0;

    /// <summary>What is wrong with the watch, in a sentence; null when nothing is.</summary>
    public string? Impairment => _watch?.FailingFor is { } failing && failing > Patience
        ? $"EndpointSlices could not be followed for {failing.TotalSeconds:0} s, so a pod that ends stays until it is ordered out"
        : null;

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

    /// <summary>The ready addresses of these Services.</summary>
    public ReadyAddresses Ready(IEnumerable<ObjectKey> services) => new(services, _watch?.Slices ?? []);
}
