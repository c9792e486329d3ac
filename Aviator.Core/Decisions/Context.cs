namespace Aviator.Core.Decisions;

/// <summary>What every stage of one evaluation needs to know.</summary>
/// <param name="Settings">The policy.</param>
/// <param name="Now">The monotonic time, read once.</param>
/// <param name="Seed">Varies the jitter; nothing else.</param>
/// <param name="Subjects">All ready endpoints, in the order of their keys.</param>
internal sealed record Context(PolicySettings Settings, TimeSpan Now, ulong Seed, IReadOnlyList<Subject> Subjects)
{
    /// <summary>Evaluations that a changed verdict must persist.</summary>
    public int Persistence { get; } = Settings.Dampening.Enabled ? Settings.Dampening.ConsecutiveIntervals : 1;

    /// <summary>How a lasting difference is told from a tie.</summary>
    public Comparison Strict { get; } = new(MarginOf(Settings), Comparison.Strict);

    /// <summary>How a clear violation in a trial is told.</summary>
    public Comparison Loose { get; } = new(MarginOf(Settings), Comparison.Loose);

    /// <summary>Endpoints to have in service at least, whatever the ranking says.</summary>
    public int AtLeast { get; } = Math.Min(Settings.Safety.MinEndpoints, Subjects.Count);

    /// <summary>Endpoints that the mode wants; in threshold mode the least.</summary>
    public int Wanted { get; } = SelectionTarget.Of(Settings, Subjects.Count);

    /// <summary>Time after which a change shows in the windows.</summary>
    public TimeSpan Settle { get; } = Settings.EvaluationInterval * 2 > Settings.Measurement.Window ? Settings.EvaluationInterval * 2 : Settings.Measurement.Window;

    /// <summary>A share of <paramref name="span"/> within ±10 %, different for each endpoint and seed.</summary>
    public TimeSpan Jittered(TimeSpan span, string key) => span * (0.9 + (0.2 * Jitter.Fraction(Seed, key)));

    private static double MarginOf(PolicySettings settings) =>
        settings.Dampening.Enabled ? Math.Max(settings.Dampening.ThresholdPercent / 100.0, Comparison.Resolution) : Comparison.Resolution;
}
