using System.Diagnostics;

namespace Aviator.Controller.Telemetry;

/// <summary>
/// One trace per evaluation: <see cref="Collect"/> → <see cref="Rank"/> → <see cref="Decide"/> → <see cref="Write"/> under <see cref="Evaluate"/>, and
/// <see cref="Commit"/> when the decision is seen in place, which may be a moment after the evaluation's own end. A changed decision is told there, so
/// its log line and its Events carry the id of this trace.
/// </summary>
internal static class ControllerTracing
{
    /// <summary>The whole evaluation of one policy.</summary>
    public const string Evaluate = "evaluate";

    /// <summary>Cutting the windows of its endpoints out of the agents' reports.</summary>
    public const string Collect = "collect";

    /// <summary>What is known of each endpoint, and their order.</summary>
    public const string Rank = "rank";

    /// <summary>Who gets traffic.</summary>
    public const string Decide = "decide";

    /// <summary>Writing it to the cluster.</summary>
    public const string Write = "write";

    /// <summary>It is in place: what it changed is told, and it becomes what the next one goes on from.</summary>
    public const string Commit = "commit";

    /// <summary>The source of these spans.</summary>
    public static ActivitySource Source { get; } = new("Aviator.Controller");

    /// <summary>Id of the trace that is under way and kept, as 32 hexadecimal digits; null where none is.</summary>
    public static string? TraceId => Activity.Current is { Recorded: true } span ? span.TraceId.ToHexString() : null;
}
