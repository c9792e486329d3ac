using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Events;
using Aviator.Controller.Telemetry;
using Aviator.Core.Decisions;
using Aviator.Kubernetes;

namespace Aviator.Controller.Reconciliation;

/// <summary>Tells what a decision changed: one log line, Events, metrics. A decision that changed nothing is told nowhere.</summary>
internal sealed partial class DecisionReporter(IEventRecorder events, ControllerMetrics metrics, ILogger<DecisionReporter> logger)
{
    private const int Named = 5;

    /// <summary>Tells the news of a decision that is in force (or would be, in observe mode).</summary>
    public void Report(AviatorPolicy policy, PolicyMode mode, DecisionNews news, PolicySummary summary)
    {
        if (!news.Any) return;
        var target = ConditionEvents.Target(policy);
        var trace = ControllerTracing.TraceId;
        var would = mode == PolicyMode.Observe ? "would be " : "";
        foreach (var row in news.Ejected) events.Record(new(target, EventReason.Ejected, $"Pod {row.Name} {would}{row.Reason}", Warning: true, Subject: row.Name, TraceId: trace));
        foreach (var row in news.Readmitted) events.Record(new(target, EventReason.Readmitted, $"Pod {row.Name} {would}readmitted: {row.Reason}", Subject: row.Name, TraceId: trace));
        if (news.Admitted.Count + news.Excluded.Count > 0)
        {
            var change = string.Join("; ", Side("in", news.Admitted), Side("out", news.Excluded)).Trim(' ', ';');
            events.Record(new(target, EventReason.SelectionChanged, $"{summary.Active} of {summary.Total} ready pods {(mode == PolicyMode.Observe ? "would get" : "get")} traffic. {change}", TraceId: trace));
            LogChanged(policy.Key(), mode, summary.Active, summary.Total, change, trace is null ? "" : $" (trace {trace})");
        }

        metrics.Ejected(news.Ejected.Count);
        metrics.Readmitted(news.Readmitted.Count);
    }

    private static string Side(string side, IReadOnlyList<EndpointRow> rows) => rows.Count == 0 ? "" :
        $"{side}: {string.Join(", ", rows.Take(Named).Select(row => $"{row.Name} ({row.Reason})"))}{(rows.Count > Named ? $" and {rows.Count - Named} more" : "")}";

    [LoggerMessage(Level = LogLevel.Information, Message = "Changed decision of AviatorPolicy {Policy} ({Mode}): {Active} of {Total} ready pods get traffic; {Change}{Trace}")]
    private partial void LogChanged(ObjectKey policy, PolicyMode mode, int active, int total, string change, string trace);
}
