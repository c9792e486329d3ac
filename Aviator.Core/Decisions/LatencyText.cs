using System.Globalization;
using Aviator.Core.Decisions.Ranking;

namespace Aviator.Core.Decisions;

/// <summary>Latencies as people read them in a reason.</summary>
internal static class LatencyText
{
    /// <summary>From here on a latency means that requests fail, or wait for so long that it makes no difference.</summary>
    public static readonly TimeSpan Infinite = TimeSpan.FromMinutes(1);

    /// <summary>A span of time in whole seconds: "12 s".</summary>
    public static string FormatSeconds(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0} s");

    /// <summary>"8.3 ms", "812 ms", "1.9 s", "12 s"; in the last bucket of a histogram are failures and waits of over a minute.</summary>
    public static string Format(TimeSpan latency) => latency switch
    {
        _ when latency >= Infinite => "failing or over a minute",
        { TotalSeconds: >= 10 } => FormatSeconds(latency),
        { TotalSeconds: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{latency.TotalSeconds:0.0} s"),
        { TotalMilliseconds: >= 100 } => string.Create(CultureInfo.InvariantCulture, $"{latency.TotalMilliseconds:0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{latency.TotalMilliseconds:0.0#} ms"),
    };

    /// <summary>The p99 of some evidence, or why it has none in any useful sense.</summary>
    public static string Describe(Evidence evidence)
    {
        if (evidence.HungFor is { } hung) return $"no {(evidence.ByProbes ? "good probe" : "answer")} for {FormatSeconds(hung)}";
        if (evidence.P99 < Infinite) return $"p99 {Format(evidence.P99)}";
        return evidence.FailureShare < 0.01
            ? "p99 over a minute"
            : string.Create(CultureInfo.InvariantCulture, $"{evidence.FailureShare * 100:0.#} % of its requests fail");
    }
}
