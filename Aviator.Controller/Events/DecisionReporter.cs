using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Boards;
using Aviator.Controller.Policies;
using Aviator.Controller.Telemetry;
using Aviator.Core.Decisions;
using Aviator.Kubernetes;

namespace Aviator.Controller.Events;

/// <summary>Reports what a decision changed: one log line, Events, metrics. A decision that changed nothing is only counted.</summary>
/// <param name="events">Takes the Events.</param>
/// <param name="metrics">Counts.</param>
/// <param name="logger">Takes the lines.</param>
/// <param name="board">Shows it elsewhere, as on the live page; null while nothing does.</param>
internal sealed partial class DecisionReporter(
    IEventRecorder events, ControllerMetrics metrics, ILogger<DecisionReporter> logger, IBoardSink? board = null)
{
    /// <summary>Pods that a message names, per side.</summary>
    private const int Named = 5;

    /// <summary>Counts an evaluation.</summary>
    /// <param name="duration">Its time, writes included.</param>
    /// <param name="changed">Whether it changed the decision.</param>
    public void Evaluated(TimeSpan duration, bool changed) => metrics.Evaluated(duration, changed);

    /// <summary>Reports the change by a decision that is in force (or would be, in observe mode).</summary>
    public void Report(AviatorPolicy policy, PolicyMode mode, DecisionChange change, PolicySummary summary)
    {
        if (!change.Any) return;
        board?.Changed(policy, change);
        var (target, trace) = (ConditionEvents.Target(policy), ControllerTracing.TraceId);
        var (would, get) = mode == PolicyMode.Observe ? ("would be ", "would get") : ("", "get");
        foreach (var row in change.Ejected)
            events.Record(new(target, EventReason.Ejected, $"Pod {row.Name} {would}{row.Reason}", true, row.Name, trace));
        foreach (var row in change.Readmitted)
            events.Record(new(target, EventReason.Readmitted, $"Pod {row.Name} {would}readmitted: {row.Reason}", false, row.Name, trace));
        if (change.Admitted.Count + change.Excluded.Count > 0)
        {
            var sides = string.Join("; ", Side("in", change.Admitted), Side("out", change.Excluded)).Trim(' ', ';');
            var message = $"{summary.Active} of {summary.Total} ready pods {get} traffic. {sides}";
            events.Record(new(target, EventReason.SelectionChanged, message, TraceId: trace));
            LogChanged(policy.Key(), mode, summary.Active, summary.Total, sides, trace is null ? "" : $" (trace {trace})");
        }

        metrics.Ejected(change.Ejected.Count);
        metrics.Readmitted(change.Readmitted.Count);
    }

    private static string Side(string side, IReadOnlyList<EndpointRow> rows)
    {
        if (rows.Count == 0) return "";
        var pods = string.Join(", ", rows.Take(Named).Select(row => $"{row.Name} ({row.Reason})"));
        return rows.Count > Named ? $"{side}: {pods} and {rows.Count - Named} more" : $"{side}: {pods}";
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Changed decision of AviatorPolicy {Policy} ({Mode}): {Active} of {Total} ready pods get traffic; {Change}{Trace}")]
    private partial void LogChanged(ObjectKey policy, PolicyMode mode, int active, int total, string change, string trace);
}
