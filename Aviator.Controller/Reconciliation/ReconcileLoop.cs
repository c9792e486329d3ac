using Aviator.Controller.Events;
using Aviator.Controller.Policies;
using Aviator.Controller.Telemetry;
using Aviator.Kubernetes;
using Aviator.ServiceDefaults;

namespace Aviator.Controller.Reconciliation;

/// <summary>
/// Runs the workers: takes a Service's name, has it reconciled, and queues it again. The one place that catches what fails on the way.
/// </summary>
/// <param name="queue">Names of Services.</param>
/// <param name="policies">The policies that a failure is reported on.</param>
/// <param name="reconciler">Does the work on one Service.</param>
/// <param name="terms">The term to work in.</param>
/// <param name="deleted">Policies to clean up after.</param>
/// <param name="events">Reports failures to users.</param>
/// <param name="metrics">Counts failures.</param>
/// <param name="workers">Services worked on at the same time.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes failures.</param>
internal sealed partial class ReconcileLoop(
    RateLimitedQueue<ObjectKey> queue, PolicyStore policies, ServiceReconciler reconciler, TermFollower terms, DeletedPolicies deleted,
    IEventRecorder events, ControllerMetrics metrics, int workers, TimeProvider time, ILogger<ReconcileLoop> logger)
{
    /// <summary>Pauses after failures that may pass by themselves.</summary>
    public static readonly Backoff Retries = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(15));

    /// <summary>
    /// Pauses after a refusal, which mostly does not pass by itself; a change comes sooner. They begin short: a server that has just
    /// started refuses for some seconds what it allowed before.
    /// </summary>
    public static readonly Backoff Refusals = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromMinutes(5));

    /// <summary>Attempts, over some ten seconds, after which a missing right is taken for missing.</summary>
    public const int AttemptsAtARight = 5;

    private readonly BusyServer _busy = new(time);

    /// <summary>Works until cancelled.</summary>
    public Task RunAsync(CancellationToken stopping) =>
        Supervision.WhenStoppedAsync([.. Enumerable.Range(0, workers).Select(_ => WorkAsync(stopping))], stopping);

    private async Task WorkAsync(CancellationToken stopping)
    {
        await Task.Yield();
        while (true)
        {
            ObjectKey service;
            try
            {
                service = await queue.TakeAsync(stopping);
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
                queue.Done(service);
            }
        }
    }

    private async Task OnceAsync(ObjectKey service, CancellationToken stopping)
    {
        // Nothing is kept for later while another leads: a new term looks at everything.
        if (terms.Current is not { Term: { Holds: true } term, Runs: var runs }) return;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(term.Ended, stopping);
        try
        {
            await deleted.RemoveStatesAsync(either.Token);
            var run = runs.GetOrAdd(service, _ => new());
            var again = await reconciler.ReconcileAsync(service, run, either.Token);
            if (!run.IsDenied) queue.Forget(service);
            if (again is { } pause) queue.AddAfter(service, pause);
            else if (policies.Naming(service).Count == 0) runs.TryRemove(service, out _);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The process ends; the next start continues from what is seen.
        }
        catch (Exception fault) when (!term.Holds && fault is OperationCanceledException or WriteNotAllowedException or ApiException)
        {
            // Another leads by now, or soon will: it continues from what is seen.
            LogTermOver(service, term.Number);
        }
        catch (ApiException refusal) when (refusal.IsConflict)
        {
            // Another writer was first; what that one wrote is on its way here.
            LogConflict(service, refusal.Message);
            queue.AddRateLimited(service);
        }
        catch (ApiException refusal) when (refusal.IsBusy)
        {
            // Nothing is wrong with this Service, and an Event for each that it hits would be one request more each.
            metrics.Failed(terminal: false);
            var pause = queue.AddRateLimited(service, atLeast: refusal.RetryAfter ?? TimeSpan.Zero);
            if (_busy.Begins()) LogBusy(service, pause.TotalSeconds, refusal.Message);
        }
        catch (Exception fault)
        {
            Failed(service, fault);
        }
    }

    private void Failed(ObjectKey service, Exception fault)
    {
        var refusal = fault is ApiException { IsRefusal: true } refused ? refused : null;
        queue.AddRateLimited(service, refusal is null ? null : Refusals);
        var terminal = refusal is { IsForbidden: false } || (refusal is not null && queue.FailuresOf(service) >= AttemptsAtARight);
        metrics.Failed(terminal);
        LogFailed(fault is ApiException or HttpRequestException or TimeoutException ? null : fault, service, fault.Message);
        foreach (var policy in policies.Naming(service))
            events.Record(new(ConditionEvents.Target(policy), EventReason.EvaluationFailed, fault.Message, Warning: true));
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Another writer was first at Service {Service}: {Error}")]
    private partial void LogConflict(ObjectKey service, string error);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Left Service {Service} as it is: term {Term} is over")]
    private partial void LogTermOver(ObjectKey service, long term);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The API server is busy and refuses requests, that for Service {Service} and perhaps others; each is tried again, " +
            "this one in {Seconds:0.0} s: {Error}")]
    private partial void LogBusy(ObjectKey service, double seconds, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Failed to reconcile Service {Service}: {Error}")]
    private partial void LogFailed(Exception? fault, ObjectKey service, string error);
}
