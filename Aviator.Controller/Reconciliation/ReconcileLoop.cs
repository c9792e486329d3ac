using System.Collections.Concurrent;
using System.Net;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Events;
using Aviator.Controller.Kubernetes;
using Aviator.Controller.Kubernetes.Leadership;
using Aviator.Controller.State;
using Aviator.Controller.Telemetry;
using Aviator.Kubernetes;
using Aviator.ServiceDefaults;

namespace Aviator.Controller.Reconciliation;

/// <summary>Runs the workers: takes a Service's name, has it reconciled, and sees to its coming again. The one place that catches.</summary>
internal sealed partial class ReconcileLoop : IDisposable
{
    /// <summary>Pauses after failures that may pass by themselves.</summary>
    public static readonly Backoff Retries = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(15));

    /// <summary>The next look after a failure that will not pass by itself; a change comes sooner.</summary>
    public static readonly TimeSpan AfterTerminal = TimeSpan.FromMinutes(5);

    private readonly PolicyStore _policies;
    private readonly ClusterView _cluster;
    private readonly ServiceReconciler _reconciler;
    private readonly PolicyStatusKeeper _status;
    private readonly IPolicyStateStore _states;
    private readonly IEventRecorder _events;
    private readonly ILeadership _leadership;
    private readonly ControllerMetrics _metrics;
    private readonly ILogger<ReconcileLoop> _logger;
    private readonly int _workers;
    private readonly RateLimitedQueue<ObjectKey> _queue;
    private volatile ConcurrentDictionary<ObjectKey, ServiceRun> _runs = new();
    private volatile LeaderTerm? _begun;
    private readonly ConcurrentQueue<PolicyIdentity> _gone = new();
    private readonly Triggers _triggers;
    private readonly Datapaths _datapaths;

    public ReconcileLoop(
        PolicyStore policies, ClusterView cluster, Datapaths datapaths, ServiceReconciler reconciler, PolicyStatusKeeper status, IPolicyStateStore states, IEventRecorder events,
        ILeadership leadership, ControllerMetrics metrics, int workers, TimeProvider time, ILogger<ReconcileLoop> logger)
    {
        (_policies, _cluster, _reconciler, _status, _states, _events, _leadership, _metrics, _logger) =
            (policies, cluster, reconciler, status, states, events, leadership, metrics, logger);
        _workers = workers;
        _queue = new(time, Retries);
        _datapaths = datapaths;
        _triggers = new(policies, cluster, _queue);
        metrics.ObserveQueue(() => _queue.Length, () => _queue.Retries);
    }

    /// <inheritdoc/>
    public void Dispose() => _queue.Dispose();

    /// <summary>Waits for the first complete lists and then works until cancelled.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        await Task.WhenAll(_policies.Policies.WhenSyncedAsync(stoppingToken), _cluster.WhenSyncedAsync(stoppingToken));
        LogSynced(_policies.Policies.Count, _cluster.Services.Count, _cluster.Pods.Count);
        _policies.Policies.Subscribe(OnPolicy);
        _triggers.Start();
        await Supervision.WhenStoppedAsync([FollowTermsAsync(stoppingToken), .. Enumerable.Range(0, _workers).Select(_ => WorkAsync(stoppingToken))], stoppingToken);
    }

    /// <summary>Each term begins with nothing remembered of an earlier one, for another leader may have led since: all is rebuilt from what is seen and stored.</summary>
    private async Task FollowTermsAsync(CancellationToken stopping)
    {
        LeaderTerm? term = null;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                term = await _leadership.NextTermAsync(term, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }

            _runs = new();
            _states.BeginTerm();
            _status.BeginTerm();
            _datapaths.BeginTerm();
            _metrics.ForgetPolicies();
            _begun = term;
            _ = term.Ended.Register(_metrics.ForgetPolicies);
            _triggers.AddAll();
        }
    }

    private async Task WorkAsync(CancellationToken stopping)
    {
        await Task.Yield();
        while (true)
        {
            ObjectKey service;
            try
            {
                service = await _queue.TakeAsync(stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }

            try
            {
                await OnceAsync(service, stopping);
            }
            finally
            {
                _queue.Done(service);
            }
        }
    }

    private async Task OnceAsync(ObjectKey service, CancellationToken stopping)
    {
        // Nothing is kept for later while another leads: a new term looks at everything.
        if (_begun is not { Holds: true } term) return;
        var runs = _runs;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(term.Ended, stopping);
        try
        {
            await ForgetAsync(either.Token);
            var run = runs.GetOrAdd(service, _ => new());
            var again = await _reconciler.ReconcileAsync(service, run, either.Token);
            _queue.Forget(service);
            if (again is { } pause) _queue.AddAfter(service, pause);
            if (again is null && _policies.Naming(service).Count == 0) runs.TryRemove(service, out _);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The process ends; everything goes on from what is seen at the next start.
        }
        catch (Exception fault) when (!term.Holds && fault is OperationCanceledException or WriteNotAllowedException or ApiException)
        {
            // Another leads by now, or soon will: it goes on from what is seen.
            LogTermOver(service, term.Number);
        }
        catch (ApiException refusal) when (refusal.IsConflict)
        {
            // Another writer was first; what that one wrote is on its way here.
            LogConflict(service, refusal.Message);
            _queue.AddRateLimited(service);
        }
        catch (Exception fault)
        {
            Failed(service, fault);
        }
    }

    private void Failed(ObjectKey service, Exception fault)
    {
        var terminal = fault is ApiException { Status: HttpStatusCode.Forbidden or HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity or HttpStatusCode.MethodNotAllowed };
        _metrics.Failed(terminal);
        LogFailed(fault is ApiException or HttpRequestException or TimeoutException ? null : fault, service, fault.Message);
        foreach (var policy in _policies.Naming(service))
            _events.Record(new(ConditionEvents.Target(policy), EventReason.EvaluationFailed, fault.Message, Warning: true));
        if (terminal) _queue.AddAfter(service, AfterTerminal);
        else _queue.AddRateLimited(service);
    }

    private void OnPolicy(ObjectChange<AviatorPolicy> change)
    {
        if (change.Old is not { } old || change.New?.Metadata.Uid == old.Metadata.Uid) return;
        _metrics.Forget(change.Key);
        _status.Forget(old.Metadata.Uid);
        _gone.Enqueue(new(change.Key.Namespace, change.Key.Name, old.Metadata.Uid));
    }

    private async Task ForgetAsync(CancellationToken cancellationToken)
    {
        while (_gone.TryDequeue(out var policy))
        {
            try
            {
                await _states.RemoveAsync(policy, cancellationToken);
            }
            catch (StateUnavailableException)
            {
                // Entries expire by themselves where a store can be away.
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Listed {Policies} policies, {Services} Services and {Pods} pods; starting to reconcile")]
    private partial void LogSynced(int policies, int services, int pods);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Met another writer at Service {Service}: {Error}")]
    private partial void LogConflict(ObjectKey service, string error);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Left Service {Service} as it is: term {Term} is over")]
    private partial void LogTermOver(ObjectKey service, long term);

    [LoggerMessage(Level = LogLevel.Error, Message = "Failed to reconcile Service {Service}: {Error}")]
    private partial void LogFailed(Exception? fault, ObjectKey service, string error);
}
