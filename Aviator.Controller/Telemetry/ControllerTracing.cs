using System.Diagnostics;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.ServiceDefaults;

namespace Aviator.Controller.Telemetry;

/// <summary>
/// One trace per evaluation: <see cref="Collect"/> → <see cref="Rank"/> → <see cref="Decide"/> → <see cref="Write"/> under
/// <see cref="Evaluate"/>, and <see cref="Commit"/> when the decision is seen in place, which may be a moment after the evaluation's own
/// end. A changed decision is reported there, so its log line and its Events carry the id of this trace. Requests to the API server and to
/// Redis are spans inside these.
/// </summary>
internal static class ControllerTracing
{
    /// <summary>The whole evaluation of one policy.</summary>
    public const string Evaluate = "evaluate";

    /// <summary>What an evaluation that changed the selection is called instead, so that it stands out in a list of traces.</summary>
    public const string EvaluateChanged = "evaluate: selection changed";

    /// <summary>Cutting the windows of its endpoints out of the agents' reports.</summary>
    public const string Collect = "collect";

    /// <summary>What is known of each endpoint, and their order.</summary>
    public const string Rank = "rank";

    /// <summary>Which endpoints get traffic.</summary>
    public const string Decide = "decide";

    /// <summary>Writing it to the cluster.</summary>
    public const string Write = "write";

    /// <summary>It is in place: what it changed is reported, and it becomes what the next one starts from.</summary>
    public const string Commit = "commit";

    /// <summary>The source of these spans.</summary>
    public static ActivitySource Source { get; } = new("Aviator.Controller");

    /// <summary>Id of the trace that is under way and exported, as 32 hexadecimal digits; null when there is none.</summary>
    public static string? TraceId => Activity.Current is { Recorded: true } span ? span.TraceId.ToHexString() : null;

    /// <summary>Begins the trace of an evaluation that was just made; null when nothing listens.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="stages">Its stages so far; null when nothing listened as they ran.</param>
    /// <param name="onTime">Whether it is one of the policy's regular evaluations.</param>
    /// <param name="changed">Whether other endpoints are selected than before: such a trace is always exported.</param>
    public static Activity? Begin(AviatorPolicy policy, EvaluationStages? stages, bool onTime, bool changed)
    {
        if (stages is null) return null;
        KeyValuePair<string, object?>[] tags =
        [
            new(Extensions.ChangedTag, changed), new("aviator.regular", onTime),
            new("aviator.policy.namespace", policy.Metadata.NamespaceProperty), new("aviator.policy.name", policy.Metadata.Name),
        ];
        var outer = Activity.Current?.Context ?? default;
        var span = Source.StartActivity(Evaluate, ActivityKind.Internal, outer, tags, links: null, stages.Start);
        if (span is null) return null;
        if (changed) span.DisplayName = EvaluateChanged;
        stages.AddTo(span);
        return span;
    }
}
