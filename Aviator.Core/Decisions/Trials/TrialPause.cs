namespace Aviator.Core.Decisions.Trials;

/// <summary>
/// Takes an endpoint out of service and keeps it from the next trial for a pause that doubles with each failure in a row.
/// </summary>
internal static class TrialPause
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>Takes <paramref name="endpoint"/> out of service.</summary>
    /// <param name="context">The evaluation.</param>
    /// <param name="endpoint">An endpoint in service or on trial.</param>
    /// <param name="failures">How many failures this adds to those in a row: 0 or 1.</param>
    /// <param name="reason">Why, in words.</param>
    public static void SendBack(EvaluationContext context, EndpointEvaluation endpoint, int failures, string reason)
    {
        endpoint.OnTrial = false;
        var count = endpoint.Record.Exploration.Failures + failures;
        var pause = DoublingPause.After(count, First, Longest);
        endpoint.Exclude(context.Now, context.Now + context.Jittered(pause, endpoint.Key), reason);
        endpoint.Record = endpoint.Record with { Exploration = endpoint.Record.Exploration with { Failures = count } };
    }
}
