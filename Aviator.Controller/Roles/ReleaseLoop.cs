using System.Collections.Concurrent;
using Aviator.Controller.Cluster;
using Aviator.Controller.Reconciliation;
using Aviator.Controller.Steering;
using Aviator.Kubernetes;
using Aviator.ServiceDefaults;

namespace Aviator.Controller.Roles;

/// <summary>
/// Hands every Service back that carries Aviator's marks, and every twin to Kubernetes, whichever process put them there. Level-based like
/// the controller, and by the same datapath: it may be stopped at any step and continued by any process, the controllers included.
/// </summary>
internal sealed partial class ReleaseLoop : IDisposable
{
    private const int Workers = 4;

    private static readonly Backoff Retries = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(5));

    /// <summary>The next look at a Service of which the datapath expects nothing more than a change.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    private readonly ClusterView _cluster;
    private readonly Datapaths _datapaths;
    private readonly ILogger<ReleaseLoop> _logger;
    private readonly RateLimitedQueue<ObjectKey> _queue;
    private readonly ConcurrentDictionary<ObjectKey, string> _underway = new();

    /// <param name="cluster">What is seen.</param>
    /// <param name="datapaths">Release a Service and its twin, step by step.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes failures.</param>
    public ReleaseLoop(ClusterView cluster, Datapaths datapaths, TimeProvider time, ILogger<ReleaseLoop> logger)
    {
        (_cluster, _datapaths, _logger, _queue) = (cluster, datapaths, logger, new(time, Retries));
        cluster.Subscribe(service =>
        {
            if (datapaths.IsHeld(service)) _queue.AddAfter(service, Triggers.Gather);
            foreach (var source in Marks.SourcesOf(cluster, service)) _queue.AddAfter(source, Triggers.Gather);
        });
    }

    /// <summary>Called with the name of each Service when its release begins.</summary>
    public Action<ObjectKey> Began { get; init; } = _ => { };

    /// <summary>Called with the name of each Service when its release is done.</summary>
    public Action<ObjectKey> Ended { get; init; } = _ => { };

    /// <summary>The Services that are being released, with what each waits for.</summary>
    public IReadOnlyDictionary<ObjectKey, string> Underway => _underway;

    /// <summary>The Services whose clients, or whose twin's clients, depend on Aviator.</summary>
    public IReadOnlyList<ObjectKey> Marked() => [.. _cluster.Services.All().Select(entry => entry.Key).Where(_datapaths.IsHeld)];

    /// <inheritdoc/>
    public void Dispose() => _queue.Dispose();

    /// <summary>Releases what is marked, and what comes to be, until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _datapaths.BeginTerm();
        _underway.Clear();
        foreach (var service in Marked()) _queue.Add(service);
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => WorkAsync(cancellationToken)));
    }

    private async Task WorkAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        while (true)
        {
            ObjectKey service;
            try
            {
                service = await _queue.TakeAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            try
            {
                await OnceAsync(service, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                var pause = _queue.AddRateLimited(service, atLeast: (fault as ApiException)?.RetryAfter ?? TimeSpan.Zero);
                LogFailed(
                    fault is ApiException or HttpRequestException or TimeoutException or WriteNotAllowedException ? null : fault, service,
                    pause.TotalSeconds, fault.Message);
            }
            finally
            {
                _queue.Done(service);
            }
        }
    }

    private async Task OnceAsync(ObjectKey service, CancellationToken cancellationToken)
    {
        if (_datapaths.IsHeld(service))
        {
            if (_underway.TryAdd(service, "beginning")) Began(service);
            var state = await _datapaths.ReleaseAsync(service, cancellationToken);
            _underway[service] = state?.Message ?? "waiting to see it done";
            _queue.AddAfter(service, state?.LookAgainAfter ?? Poll);
        }
        else if (_underway.TryRemove(service, out _))
        {
            Ended(service);
        }

        _queue.Forget(service);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Failed to release Service {Service}, next attempt in {Pause:0.#} s: {Error}")]
    private partial void LogFailed(Exception? fault, ObjectKey service, double pause, string error);
}
