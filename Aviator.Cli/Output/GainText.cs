namespace Aviator.Cli.Output;

/// <summary>What a decision would gain that is not carried out, in words.</summary>
internal static class GainText
{
    /// <summary>What it would move.</summary>
    /// <param name="moved">Share of the requests, 0 to 1.</param>
    public static string Moved(double moved) => $"{Words.Percent(moved)} of the requests would go to other pods than now.";

    /// <summary>The answers of now beside those from where requests would go, in milliseconds.</summary>
    public static string Latencies(double p50NowMs, double p99NowMs, double p50Ms, double p99Ms) =>
        $"Of all answers now the p99 is {Words.Latency(p99NowMs)}, of those from where requests would go {Words.Latency(p99Ms)}; "
        + $"median {Words.Latency(p50NowMs)} and {Words.Latency(p50Ms)}.";
}
