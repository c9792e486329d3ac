using Aviator.Controller.Clocks;
using Aviator.Controller.Cluster;
using Aviator.Controller.Leadership;
using Aviator.Controller.Policies;
using Aviator.Controller.Status;
using Aviator.Controller.Steering;
using Aviator.Kubernetes;

namespace Aviator.Controller.Roles.Release;

/// <summary>
/// Releases everything once: takes the Lease, so that no controller steers again; hands every Service back; waits until the leader before
/// must have ended, and hands back what that one still touched; takes the finalizers off.
/// </summary>
internal sealed class ReleaseRun(
    ApiConnection connection, string? ns, UnattendedPolicies policies, ILoggerFactory loggers, Action<string> say)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Takes the Lease, releases, and keeps the Lease; on a failure the Lease is given back and steering continues as before.
    /// </summary>
    /// <returns>Whether everything was released.</returns>
    public async Task<bool> RunAsync(
        ObjectKey lease, ReleaseOptions options, PolicyFinalizer finalizer, CancellationToken cancellationToken)
    {
        var seizure = new LeaseSeizure(new LeaseApi(connection, lease), options.HoldFor, TimeProvider.System);
        using var limit = new CancellationTokenSource(options.Timeout);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var mayWrite = await seizure.TakeAsync(either.Token);
            var until = mayWrite > TimeSpan.Zero ? $", the previous leader within {mayWrite.TotalSeconds:0} s" : "";
            say($"took Lease {lease}; controllers stop steering{until}");
            var owner = new LeaseOwner(connection, lease);
            if (options.Deployment is { Length: > 0 } deployment && !await owner.SetAsync(deployment, either.Token))
                say($"there is no Deployment {lease.Namespace}/{deployment}; the Lease stays for {options.HoldFor.TotalMinutes:0} min");
            await HandBackAsync(seizure, mayWrite, either.Token);
            await policies.CorrectAsync(Unattended.ByRelease, either.Token);
            var removed = await new FinalizerRemoval(connection, finalizer, ns).RemoveAsync(either.Token);
            say($"released every Service; took the finalizer off {removed} policies");
            return true;
        }
        catch (Exception fault) when (
            fault is ApiException or HttpRequestException or IOException or TimeoutException or OperationCanceledException)
        {
            var late = fault is OperationCanceledException;
            say(late ? $"not everything was released within {options.Timeout.TotalSeconds:0} s" : fault.Message);
            await GiveBackAsync(seizure);
            return false;
        }
    }

    private async Task HandBackAsync(LeaseSeizure seizure, TimeSpan mayWrite, CancellationToken cancellationToken)
    {
        var began = SuspendAwareClock.Instance.GetTimestamp();
        var dialect = await SliceDialect.DetectAsync(connection, cancellationToken);
        var cluster = new ClusterView(
            connection, dialect, ns, new ReflectorOptions(), TimeProvider.System, loggers.CreateLogger<ClusterView>());
        var datapaths = Datapaths.Over(
            cluster, connection, dialect, new SoleLeadership(TimeProvider.System), null, TimeProvider.System, loggers);
        using var loop = new ReleaseLoop(cluster, datapaths, TimeProvider.System, loggers.CreateLogger<ReleaseLoop>())
        {
            Ended = service => say($"released Service {service}"),
        };
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var (following, keeping) = (cluster.RunAsync(done.Token), seizure.KeepAsync(done.Token));
        Task? releasing = null;
        try
        {
            await cluster.WhenSyncedAsync(cancellationToken);
            say($"{loop.Marked().Count} Services to release");
            releasing = loop.RunAsync(done.Token);
            using var timer = new PeriodicTimer(Poll);
            var reported = "";
            while (loop.Marked().Count > 0 || loop.Underway.Count > 0 || SuspendAwareClock.Instance.GetElapsedTime(began) < mayWrite)
            {
                var waiting = string.Join("; ", loop.Underway.OrderBy(entry => entry.Key).Select(entry => $"{entry.Key}: {entry.Value}"));
                if (waiting.Length > 0 && waiting != reported) say(waiting);
                reported = waiting;
                await timer.WaitForNextTickAsync(cancellationToken);
            }
        }
        finally
        {
            await done.CancelAsync();
            await Task.WhenAll(following, keeping, releasing ?? Task.CompletedTask);
        }
    }

    private async Task GiveBackAsync(LeaseSeizure seizure)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            await seizure.GiveBackAsync(limit.Token);
            say("gave the Lease back; the controllers continue as before");
        }
        catch (Exception fault) when (
            fault is ApiException or HttpRequestException or IOException or TimeoutException or OperationCanceledException)
        {
            say($"could not give the Lease back; controllers continue once it has expired: {fault.Message}");
        }
    }
}
