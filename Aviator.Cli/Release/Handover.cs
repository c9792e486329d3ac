using Aviator.Cli.Cluster;
using Aviator.Controller.Leadership;
using Aviator.Controller.Steering;
using Aviator.Kubernetes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aviator.Cli.Release;

/// <summary>
/// Hands Services back by the controller's own datapaths, step by step: plain membership first, then the selector's key, then, when
/// Kubernetes' slices hold every ready pod and every kube-proxy has seen them, Aviator's slices. Level-based: it may be stopped at any step
/// and run again.
/// </summary>
internal sealed class Handover : IAsyncDisposable
{
    /// <summary>The next look at a Service of which nothing more than a change is expected.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    private readonly FollowedCluster _cluster;
    private readonly Datapaths _datapaths;
    private readonly TimeProvider _time;

    private Handover(FollowedCluster cluster, ApiConnection api, TimeProvider time)
    {
        (_cluster, _time) = (cluster, time);
        _datapaths = Datapaths.Over(
            cluster.View, api, cluster.View.Dialect, new SoleLeadership(time), null, time, NullLoggerFactory.Instance);
        _datapaths.BeginTerm();
    }

    /// <summary>Begins to follow the cluster, and waits until all of it was seen once.</summary>
    /// <inheritdoc cref="FollowedCluster.BeginAsync"/>
    public static async Task<Handover> BeginAsync(ApiConnection api, string? ns, TimeProvider time, CancellationToken cancellationToken) =>
        new(await FollowedCluster.BeginAsync(api, ns, time, cancellationToken), api, time);

    /// <summary>The Services whose clients depend on Aviator's slices, by name.</summary>
    public IReadOnlyList<ObjectKey> Held() => [.. _cluster.View.Services.All().Select(entry => entry.Key).Where(IsHeld).Order()];

    /// <summary>Whether clients of this Service, or of its twin, depend on Aviator's slices.</summary>
    public bool IsHeld(ObjectKey service) => _datapaths.IsHeld(service);

    /// <summary>Whether there is such a Service.</summary>
    public bool Exists(ObjectKey service) => _cluster.View.Services.Find(service) is not null;

    /// <summary>Hands one Service back, to the end.</summary>
    /// <param name="service">The Service.</param>
    /// <param name="say">Takes each step when it begins.</param>
    /// <param name="check">Called before each step; throws to stop.</param>
    /// <param name="cancellationToken">Ends it; what was done is no harm.</param>
    /// <exception cref="ApiException">A right is missing.</exception>
    public async Task ReleaseAsync(
        ObjectKey service, Action<string> say, Func<Task> check, CancellationToken cancellationToken)
    {
        var said = "";
        while (IsHeld(service))
        {
            await check();
            var pause = Poll;
            try
            {
                var state = await _datapaths.ReleaseAsync(service, cancellationToken);
                if (state is { Message: var message } && message != said) say(said = message);
                if (state?.LookAgainAfter is { } later && later < Poll) pause = later;
            }
            catch (Exception fault) when (
                fault is ApiException { IsForbidden: false } or HttpRequestException or IOException or TimeoutException)
            {
                // Another writer was first, or the server is away for a moment: the next look sees how it stands.
                if (fault.Message != said) say($"not done yet, tried again: {said = fault.Message}");
            }

            await Task.Delay(pause, _time, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _cluster.DisposeAsync();
}
