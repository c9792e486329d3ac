using System.Collections.Concurrent;
using Aviator.Controller.Leadership;
using Aviator.Controller.State;
using Aviator.Controller.Status;
using Aviator.Controller.Steering;
using Aviator.Controller.Telemetry;
using Aviator.Kubernetes;

namespace Aviator.Controller.Reconciliation;

/// <summary>A term in which this process leads, and what is remembered of each Service within it.</summary>
/// <param name="Term">The term.</param>
internal sealed record WorkingTerm(LeaderTerm Term)
{
    /// <summary>What is remembered, by Service.</summary>
    public ConcurrentDictionary<ObjectKey, ServiceRun> Runs { get; } = new();
}

/// <summary>
/// Begins each term with nothing remembered of an earlier one, for another leader may have led since: all is rebuilt from what is seen and
/// stored.
/// </summary>
/// <param name="leadership">The terms.</param>
/// <param name="states">Forget an earlier term.</param>
/// <param name="status">Forgets an earlier term.</param>
/// <param name="datapaths">Forget an earlier term.</param>
/// <param name="metrics">Shows the policies only while this process leads.</param>
/// <param name="triggers">Queues everything when a term begins.</param>
internal sealed class TermFollower(
    ILeadership leadership, IPolicyStateStore states, PolicyStatusKeeper status, Datapaths datapaths, ControllerMetrics metrics,
    Triggers triggers)
{
    private volatile WorkingTerm? _current;

    /// <summary>The latest term; null before the first. Ask whether it holds.</summary>
    public WorkingTerm? Current => _current;

    /// <summary>What is remembered of a Service's decisions; null while this process does not lead, or has not looked at it.</summary>
    public EvaluationMemory? MemoryOf(ObjectKey service) =>
        _current is { Term.Holds: true, Runs: var runs } && runs.TryGetValue(service, out var run) ? run.Memory : null;

    /// <summary>Follows the terms until cancelled.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        LeaderTerm? term = null;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                term = await leadership.NextTermAsync(term, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }

            states.BeginTerm();
            status.BeginTerm();
            datapaths.BeginTerm();
            metrics.ForgetPolicies();
            _current = new(term);
            _ = term.Ended.Register(metrics.ForgetPolicies);
            triggers.AddAll();
        }
    }
}
