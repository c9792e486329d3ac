namespace Aviator.Core.Decisions.Weights;

/// <summary>
/// The weight of an endpoint on trial, where weights are carried out: as little traffic as its verdict needs, since every request of a
/// trial that fails is a bad one.
/// </summary>
internal static class TrialWeight
{
    /// <summary>
    /// The smallest. A p99 hides 1 % of bad answers; with less than that a trial would take longer and its failure hurt nobody less.
    /// </summary>
    private const double Least = 0.01;

    /// <summary>
    /// The samples that it must have (<see cref="MeasurementSettings.MinSamples"/>) are to be expected in this part of its time: arrivals
    /// come by chance, and half of the time must do for them in all but a few of many trials.
    /// </summary>
    private const double ExpectedIn = 0.25;

    /// <summary>
    /// From this part of its time on it has a full share, as where there are no weights: it may get less than its rate promises, because
    /// clients keep their connections and few are new.
    /// </summary>
    private const double FullFrom = 0.5;

    /// <summary>
    /// Samples needed over samples to be expected of a full share, rounded up to a hundredth; it never falls during a trial. With the
    /// defaults (20 samples, 60 s) that is 0.01 from 133 answers per second and endpoint on, 0.14 at 10 and a full share up to 1.3.
    /// </summary>
    /// <param name="context">The evaluation.</param>
    /// <param name="trial">The trial.</param>
    /// <param name="before">Its weight so far; null when it has just begun.</param>
    public static double Of(EvaluationContext context, TrialRecord trial, double? before)
    {
        var limit = trial.EndsAt - trial.StartedAt;
        if (context.Now - trial.StartedAt >= limit * FullFrom) return 1;
        var expected = context.UsualRate * limit.TotalSeconds * ExpectedIn;
        var needed = context.Settings.Measurement.MinSamples;
        if (needed >= expected) return 1;
        return Math.Max(before ?? Least, Math.Ceiling(needed / expected * 100) / 100);
    }
}
