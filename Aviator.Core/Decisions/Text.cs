using System.Globalization;

namespace Aviator.Core.Decisions;

/// <summary>Numbers as people read them in a reason.</summary>
internal static class Text
{
    /// <summary>From here on a latency says that requests fail, or wait for so long that it makes no difference.</summary>
    public static readonly TimeSpan Endless = TimeSpan.FromMinutes(1);

    /// <summary>A span of time in whole seconds: "12 s".</summary>
    public static string Span(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0} s");

    /// <summary>"8.3 ms", "812 ms", "1.9 s", "12 s"; what fell into the last bucket is a failure or waited for over a minute.</summary>
    public static string Of(TimeSpan latency) => latency >= Endless ? "failing or over a minute"
        : latency >= TimeSpan.FromSeconds(10) ? string.Create(CultureInfo.InvariantCulture, $"{latency.TotalSeconds:0} s")
        : latency >= TimeSpan.FromSeconds(1) ? string.Create(CultureInfo.InvariantCulture, $"{latency.TotalSeconds:0.0} s")
        : latency >= TimeSpan.FromMilliseconds(100) ? string.Create(CultureInfo.InvariantCulture, $"{latency.TotalMilliseconds:0} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{latency.TotalMilliseconds:0.0#} ms");

    /// <summary>The p99 of some evidence, or why there is none in any useful sense.</summary>
    public static string P99(Evidence evidence) => evidence.HungFor is { } hung ? $"no answer for {Span(hung)}"
        : evidence.P99 >= Endless && evidence.FailureShare < 0.01 ? "p99 over a minute"
        : evidence.P99 >= Endless ? string.Create(CultureInfo.InvariantCulture, $"{evidence.FailureShare * 100:0.#} % of its requests fail")
        : $"p99 {Of(evidence.P99)}";
}
