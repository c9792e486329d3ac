using System.Globalization;
using Aviator.Core.Decisions;
using Aviator.Core.Slices;

namespace Aviator.Controller.Cluster;

/// <summary>
/// The breakers of a slice's rows as an annotation, such as <c>v1:0o2,3h0</c>: row 0 Open after two failed trials, row 3 HalfOpen. Absent
/// where all are Closed; at most some 600 characters for a full slice.
/// </summary>
internal static class BreakerAnnotation
{
    private const string Version = "v1:";

    /// <summary>The annotation's text; null where no breaker is out of its resting state.</summary>
    public static string? Write(IEnumerable<SliceEndpoint> rows)
    {
        var marks = rows.Select((row, index) => (row.Breaker, Index: index)).Where(entry => entry.Breaker.Phase != BreakerPhase.Closed)
            .Select(entry => string.Create(
                CultureInfo.InvariantCulture, $"{entry.Index}{Letter(entry.Breaker)}{entry.Breaker.FailedTrials}"));
        var text = string.Join(',', marks);
        return text.Length == 0 ? null : Version + text;
    }

    /// <summary>
    /// The marks by row. What is of another version, or is no mark, is as if it were not there: the next write replaces it.
    /// </summary>
    public static IReadOnlyDictionary<int, BreakerMark> Read(string? text)
    {
        var marks = new Dictionary<int, BreakerMark>();
        if (text is null || !text.StartsWith(Version, StringComparison.Ordinal)) return marks;
        foreach (var mark in text[Version.Length..].Split(',', Slice.MaxEndpoints + 1).Take(Slice.MaxEndpoints))
        {
            var at = mark.IndexOfAny(['o', 'h']);
            if (at <= 0 || !int.TryParse(mark.AsSpan(0, at), NumberStyles.None, CultureInfo.InvariantCulture, out var row)) continue;
            if (!int.TryParse(mark.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var trials)) continue;
            if (trials > BreakerMark.MostTrials) continue;
            marks[row] = new(mark[at] == 'o' ? BreakerPhase.Open : BreakerPhase.HalfOpen, trials);
        }

        return marks;
    }

    private static char Letter(BreakerMark mark) => mark.Phase == BreakerPhase.Open ? 'o' : 'h';
}
