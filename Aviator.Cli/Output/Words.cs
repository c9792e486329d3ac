using System.Globalization;

namespace Aviator.Cli.Output;

/// <summary>Figures as people read them. Culture-independent.</summary>
internal static class Words
{
    /// <summary>A latency: <c>0.4 ms</c>, <c>21 ms</c>, <c>1.2 s</c>; null without one.</summary>
    /// <param name="milliseconds">In milliseconds, 0 or more.</param>
    public static string? Latency(double? milliseconds) => milliseconds switch
    {
        null => null,
        >= 60_000 => "60 s+",
        >= 10_000 and var ms => Text($"{ms / 1000:0} s"),
        >= 1000 and var ms => Text($"{ms / 1000:0.0} s"),
        >= 10 and var ms => Text($"{ms:0} ms"),
        var ms => Text($"{ms:0.0#} ms"),
    };

    /// <summary>A share of 0 to 1 in percent; null without one.</summary>
    public static string? Percent(double? share) => share is { } value ? Text($"{value * 100:0.#}%") : null;

    /// <summary>How long ago, as kubectl writes ages: <c>12s</c>, <c>3m</c>, <c>5h</c>, <c>2d</c>; null without a time.</summary>
    public static string? Age(DateTimeOffset? time, DateTimeOffset now) => time is { } at ? Span(now - at) : null;

    /// <summary>A span as kubectl writes ages; what is below zero, by clocks that differ, is zero.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 0 } => "0s",
        { TotalMinutes: < 2 } => Text($"{(int)span.TotalSeconds}s"),
        { TotalMinutes: < 10 } => span.Seconds == 0 ? Text($"{span.Minutes}m") : Text($"{span.Minutes}m{span.Seconds}s"),
        { TotalHours: < 3 } => Text($"{(int)span.TotalMinutes}m"),
        { TotalDays: < 2 } => Text($"{(int)span.TotalHours}h"),
        _ => Text($"{(int)span.TotalDays}d"),
    };

    /// <summary>A time to the second, in UTC, with how long ago that was.</summary>
    public static string Since(DateTimeOffset time, DateTimeOffset now) =>
        $"{time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} UTC, {Age(time, now)} ago";

    /// <summary>A number.</summary>
    public static string Count(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
