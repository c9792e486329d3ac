using Aviator.Core.Boards;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;

namespace Aviator.Controller.Boards;

/// <summary>Figures as the board writes them. Pure.</summary>
internal static class BoardFigures
{
    /// <summary>
    /// Milliseconds with two decimals, no more than a minute: failures count as slower than any answer, and a figure out of the histogram's
    /// last bucket would look like a measurement.
    /// </summary>
    public static double? Milliseconds(TimeSpan? time) =>
        time is { } value ? Math.Round(Math.Min(value.TotalMilliseconds, LatencyText.Infinite.TotalMilliseconds), 2) : null;

    /// <summary>An estimate of what a decision would gain.</summary>
    public static GainBoard? Gain(GainEstimate? gain) => gain is null
        ? null
        : new(
            Milliseconds(gain.P50Now)!.Value, Milliseconds(gain.P99Now)!.Value, Milliseconds(gain.P50)!.Value,
            Milliseconds(gain.P99)!.Value, Share(gain.Moved)!.Value);

    /// <summary>A share with three decimals.</summary>
    public static double? Share(double? share) => share is { } value ? Math.Round(value, 3) : null;

    /// <summary>The word for a source.</summary>
    public static string? Word(LatencySource? source) => source switch
    {
        LatencySource.Ebpf => "ebpf",
        LatencySource.Probe => "probe",
        _ => null,
    };
}
