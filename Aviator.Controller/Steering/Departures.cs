using System.Collections.Concurrent;
using System.Threading.Channels;
using Aviator.Controller.Cluster;
using Aviator.Controller.Leadership;
using Aviator.Core.Slices;
using Aviator.Kubernetes;

namespace Aviator.Controller.Steering;

/// <summary>
/// Takes pods that are gone or no longer ready out of Aviator's own slices while somebody else leads, and is late: a leader that hangs, or
/// that the network has cut off, keeps its Lease for seconds, and Kubernetes does not touch slices that are not its own. The leader does
/// the same at once, so a replica waits a moment first. Writes need no lead, because they only take away what the cluster says is away
/// (<see cref="SliceDepartures"/>), on the version that was read.
/// </summary>
/// <param name="cluster">What is seen.</param>
/// <param name="api">Writes without asking who leads.</param>
/// <param name="leadership">Whose work this is when this replica leads.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes one line per write.</param>
internal sealed partial class Departures(
    ClusterView cluster, SliceApi api, ILeadership leadership, TimeProvider time, ILogger<Departures> logger)
{
    /// <summary>How long the leader has to do it; a quarter of it more or less, so that replicas do not write in step.</summary>
    private static readonly TimeSpan LeadersTime = TimeSpan.FromSeconds(1);

    /// <summary>Times that one namespace is looked at again after a conflict; after that its next change does.</summary>
    private const int Attempts = 4;

    /// <summary>Pods that were seen to go, and are remembered until their rows are away; the oldest are forgotten first.</summary>
    private const int MostGone = 10_000;

    private readonly ConcurrentDictionary<string, byte> _gone = new();
    private readonly ConcurrentQueue<string> _order = new();
    private readonly ConcurrentDictionary<string, byte> _waiting = new(StringComparer.Ordinal);

    // Each namespace at most once.
    private readonly Channel<(string Namespace, long Seen)> _namespaces = Channel.CreateUnbounded<(string Namespace, long Seen)>();

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var pods = cluster.Pods.Subscribe(OnPod);
        await foreach (var (ns, seen) in _namespaces.Reader.ReadAllAsync(cancellationToken))
        {
            // Counted from when it was seen: where a node's death takes pods from many namespaces, they do not wait for one another.
            var left = (LeadersTime * (0.75 + (0.5 * Random.Shared.NextDouble()))) - time.GetElapsedTime(seen);
            if (left > TimeSpan.Zero) await Task.Delay(left, time, cancellationToken);
            _waiting.TryRemove(ns, out _);
            for (var attempt = 1; attempt <= Attempts && !leadership.MayWrite && await WithdrawAsync(ns, cancellationToken); attempt++)
                await Task.Delay(LeadersTime / 4 * attempt, time, cancellationToken);
        }
    }

    /// <summary>Called the moment that a change is seen; must be quick.</summary>
    private void OnPod(ObjectChange<PodFacts> change)
    {
        if (change.Old is not { } old) return;
        var same = change.New is { } now && now.Shape.Uid == old.Shape.Uid ? now.Shape : null;
        // A pod that is deleted is mostly seen to terminate first: both count, for between them its row may still be ready.
        if (same is not null && (IsReady(same) || !IsReady(old.Shape))) return;
        if (same is null && _gone.TryAdd(old.Shape.Uid, 0))
        {
            _order.Enqueue(old.Shape.Uid);
            if (_gone.Count > MostGone && _order.TryDequeue(out var oldest)) _gone.TryRemove(oldest, out _);
        }

        if (_waiting.TryAdd(change.Key.Namespace, 0)) _namespaces.Writer.TryWrite((change.Key.Namespace, time.GetTimestamp()));
    }

    /// <returns>Whether to look again: another writer was first.</returns>
    private async Task<bool> WithdrawAsync(string ns, CancellationToken cancellationToken)
    {
        var pods = cluster.Pods.InNamespace(ns).Values.ToDictionary(pod => pod.Shape.Uid, pod => pod.Shape);
        var again = false;
        foreach (var service in cluster.Slices.InNamespace(ns).Values.Where(slice => slice.IsOwn && !slice.Deleting)
            .GroupBy(slice => slice.ServiceName, StringComparer.Ordinal))
            foreach (var slice in SliceDepartures.Plan([.. service], Standing))
            {
                if (leadership.MayWrite) return false;
                again |= !await TryWriteAsync(slice, cancellationToken);
            }

        return again;

        PodStanding? Standing(string uid) => pods.TryGetValue(uid, out var pod) ? new(IsReady(pod), pod.Ready)
            : _gone.ContainsKey(uid) ? PodStanding.Gone
            : null;
    }

    private async Task<bool> TryWriteAsync(Slice slice, CancellationToken cancellationToken)
    {
        var name = new ObjectKey(slice.Namespace, slice.Name);
        try
        {
            await api.WriteAsync(new SliceWrite(SliceAction.Update, slice), cancellationToken);
            LogWithdrew(name, slice.Endpoints.Count(row => row.Ready), slice.Endpoints.Count);
            return true;
        }
        catch (ApiException error) when (error.IsConflict || error.IsNotFound)
        {
            return false;
        }
        catch (Exception error) when (error is ApiException or HttpRequestException or IOException
            || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            LogRefused(name, error.Message);
            return false;
        }
    }

    private static bool IsReady(PodShape pod) => pod is { Ready: true, Terminating: false, Finished: false };

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The leader is late: took pods that are gone or not ready out of EndpointSlice {Slice}: " +
            "{Ready} of {Total} endpoints ready")]
    private partial void LogWithdrew(ObjectKey slice, int ready, int total);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Could not take pods that are gone out of EndpointSlice {Slice}: {Error}")]
    private partial void LogRefused(ObjectKey slice, string error);
}
