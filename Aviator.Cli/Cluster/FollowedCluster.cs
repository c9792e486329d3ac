using Aviator.Controller.Cluster;
using Aviator.Kubernetes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aviator.Cli.Cluster;

/// <summary>The cluster as the controller sees it, followed for the time of one command.</summary>
internal sealed class FollowedCluster : IAsyncDisposable
{
    private static readonly TimeSpan SyncLimit = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _following;

    private FollowedCluster(ClusterView view)
    {
        View = view;
        _following = view.RunAsync(_stop.Token);
    }

    /// <summary>What is seen.</summary>
    public ClusterView View { get; }

    /// <summary>Begins to follow it, and waits until all of it was seen once.</summary>
    /// <param name="api">The API server.</param>
    /// <param name="ns">One namespace, or null for all.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ApiException">A kind may not be listed.</exception>
    /// <exception cref="TimeoutException">Not all of it was seen in time.</exception>
    public static async Task<FollowedCluster> BeginAsync(
        ApiConnection api, string? ns, TimeProvider time, CancellationToken cancellationToken)
    {
        var dialect = await SliceDialect.DetectAsync(api, cancellationToken);
        // The reflectors would try for ever where a right is missing: asked once by hand, the server says which.
        foreach (var kind in new[] { ResourceKind.Services, ResourceKind.Pods, dialect.Kind, ResourceKind.Nodes })
            await new ResourceClient<object>(api, kind, new(kind.Namespaced ? ns : null)).ListAsync(1, null, cancellationToken);

        var followed = new FollowedCluster(
            new ClusterView(api, dialect, ns, new ReflectorOptions(), time, NullLogger<ClusterView>.Instance));
        try
        {
            await followed.View.WhenSyncedAsync(cancellationToken).WaitAsync(SyncLimit, cancellationToken);
            return followed;
        }
        catch
        {
            await followed.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }
}
