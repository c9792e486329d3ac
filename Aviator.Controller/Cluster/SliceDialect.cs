using Aviator.Kubernetes;
using Aviator.ServiceDefaults;

namespace Aviator.Controller.Cluster;

/// <summary>The version of EndpointSlice that the server at hand speaks.</summary>
/// <param name="Kind">Its address.</param>
internal sealed record SliceDialect(ResourceKind Kind)
{
    private static readonly Backoff Retries = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));

    public const string Group = "discovery.k8s.io";

    public static SliceDialect V1 { get; } = new(ResourceKind.EndpointSlices);

    /// <summary>
    /// 1.20 and before: node and zone live in a topology map; serving, terminating, hints and the node's name are dropped on the way in.
    /// </summary>
    public static SliceDialect V1Beta1 { get; } = new(ResourceKind.EndpointSlices with { Version = "v1beta1" });

    public bool IsBeta => Kind.Version != "v1";

    /// <summary>Asks the server which version it has; v1 is preferred.</summary>
    /// <exception cref="NotSupportedException">The server has no EndpointSlices at all.</exception>
    public static async Task<SliceDialect> DetectAsync(ApiConnection connection, CancellationToken cancellationToken)
    {
        var versions = await ApiGroups.VersionsAsync(connection, Group, cancellationToken);
        if (versions.Contains("v1")) return V1;
        if (versions.Contains("v1beta1")) return V1Beta1;
        throw new NotSupportedException($"The API server serves neither v1 nor v1beta1 of {Group}; Kubernetes 1.17 or later is needed.");
    }

    /// <summary>
    /// Asks as long as it takes, with growing pauses: a process may start before its API server, or before a server that has
    /// EndpointSlices.
    /// </summary>
    /// <param name="connection">The API server.</param>
    /// <param name="failed">Told why, after each failure.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stopping">Ends the wait.</param>
    /// <returns>Null when <paramref name="stopping"/> came first.</returns>
    public static async Task<SliceDialect?> WhenDetectedAsync(
        ApiConnection connection, Action<string> failed, TimeProvider time, CancellationToken stopping)
    {
        var outage = new Outage();
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                return await DetectAsync(connection, stopping);
            }
            catch (Exception fault)
            {
                if (stopping.IsCancellationRequested) break;
                if (outage.Failed(fault.Message)) failed(fault.Message);
                var pause = Task.Delay(Retries.Pause(outage.Failures, Random.Shared), time, stopping);
                await pause.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        return null;
    }
}
