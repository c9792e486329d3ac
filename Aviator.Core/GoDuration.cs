using System.Globalization;
using System.Text;

namespace Aviator.Core;

/// <summary>
/// Durations as Go writes them ("1m30s", "100ms", "1.5h"), which is what every Kubernetes user types. Resolution is 100 ns (one tick):
/// finer parts are cut off. Negative durations are refused: none makes sense here.
/// </summary>
public static class GoDuration
{
    private const int LongestText = 64;

    private static readonly (string Name, decimal Ticks)[] Units =
    [
        ("ns", 0.01m), ("us", TimeSpan.TicksPerMicrosecond), ("µs", TimeSpan.TicksPerMicrosecond), ("μs", TimeSpan.TicksPerMicrosecond),
        ("ms", TimeSpan.TicksPerMillisecond), ("h", TimeSpan.TicksPerHour), ("m", TimeSpan.TicksPerMinute), ("s", TimeSpan.TicksPerSecond),
    ];

    /// <summary>
    /// Reads <paramref name="text"/>; a fault is named in <paramref name="error"/>, in words that fit behind a field's name.
    /// </summary>
    public static bool TryParse(string? text, out TimeSpan duration, out string error)
    {
        duration = TimeSpan.Zero;
        error = "";
        if (string.IsNullOrEmpty(text)) return Fail(out error, "a duration is empty; write one such as 100ms, 5s or 1m30s");
        if (text.Length > LongestText) return Fail(out error, $"a duration is longer than {LongestText} characters");
        if (text == "0") return true;
        if (text[0] == '-') return Fail(out error, $"\"{text}\" is negative");

        var ticks = 0m;
        for (var at = text[0] == '+' ? 1 : 0; ;)
        {
            if (!TryNumber(text, ref at, out var number))
                return Fail(out error, $"\"{text}\" has no number at character {at + 1}; write a duration such as 1m30s");
            if (!TryUnit(text, ref at, out var unit))
                return Fail(out error, $"\"{text}\" has no unit at character {at + 1}; use ns, us, ms, s, m or h, as in 1m30s");
            try
            {
                ticks += number * unit;
            }
            catch (OverflowException)
            {
                return Fail(out error, $"\"{text}\" is too long a time");
            }

            if (ticks > TimeSpan.MaxValue.Ticks) return Fail(out error, $"\"{text}\" is too long a time");
            if (at == text.Length) break;
        }

        duration = TimeSpan.FromTicks((long)ticks);
        return true;
    }

    /// <summary>Reads <paramref name="text"/>.</summary>
    /// <exception cref="FormatException">It is not a duration; the message says where.</exception>
    public static TimeSpan Parse(string text) =>
        TryParse(text, out var duration, out var error) ? duration : throw new FormatException(error);

    /// <summary>Writes a duration so that <see cref="TryParse"/> reads the same one: "1m30s", "100ms", "1.5us".</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero) return "0s";
        var text = new StringBuilder();
        if (duration < TimeSpan.Zero) text.Append('-');
        var ticks = duration == TimeSpan.MinValue ? TimeSpan.MaxValue.Ticks : Math.Abs(duration.Ticks);
        if (ticks < TimeSpan.TicksPerSecond)
        {
            var (number, unit) = ticks switch
            {
                >= TimeSpan.TicksPerMillisecond => ((decimal)ticks / TimeSpan.TicksPerMillisecond, "ms"),
                >= TimeSpan.TicksPerMicrosecond => ((decimal)ticks / TimeSpan.TicksPerMicrosecond, "us"),
                _ => (ticks * TimeSpan.NanosecondsPerTick, "ns"),
            };
            return text.Append(Number(number)).Append(unit).ToString();
        }

        var (hours, minutes) = (ticks / TimeSpan.TicksPerHour, ticks / TimeSpan.TicksPerMinute % 60);
        var seconds = (decimal)(ticks % TimeSpan.TicksPerMinute) / TimeSpan.TicksPerSecond;
        if (hours > 0) text.Append(Number(hours)).Append('h');
        if (minutes > 0) text.Append(Number(minutes)).Append('m');
        if (seconds > 0) text.Append(Number(seconds)).Append('s');
        return text.ToString();
    }

    private static string Number(decimal value) => value.ToString("0.#######", CultureInfo.InvariantCulture);

    private static bool TryNumber(string text, ref int at, out decimal number)
    {
        var end = at;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] == '.')) end++;
        var found = decimal.TryParse(text.AsSpan(at, end - at), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);
        if (found) at = end;
        return found;
    }

    private static bool TryUnit(string text, ref int at, out decimal ticks)
    {
        foreach (var unit in Units)
        {
            if (string.CompareOrdinal(text, at, unit.Name, 0, unit.Name.Length) != 0) continue;
            at += unit.Name.Length;
            ticks = unit.Ticks;
            return true;
        }

        ticks = 0;
        return false;
    }

    private static bool Fail(out string error, string message)
    {
        error = message;
        return false;
    }
}
