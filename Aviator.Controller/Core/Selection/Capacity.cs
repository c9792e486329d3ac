using Aviator.Measurement;

namespace Aviator.Controller.Core;

/// <summary>
/// Keeps as many endpoints in service as the load needs. Equals beyond the wanted number leave step by step, each step watched; when most of
/// the selection slows down against what it was with more endpoints, endpoints come back, and if that brings no relief the cause is not
/// capacity and the new level is taken as given. Without it, ranking alone drives an overload into fewer and fewer endpoints.
/// </summary>
internal static class Capacity
{
    /// <summary>Slower than the baseline by this factor is a cost that the narrower selection may not have.</summary>
    private const double Tolerated = 1.5;

    /// <summary>Adding endpoints must bring the median below this share of what it was to count as relief.</summary>
    private const double Relief = 0.8;

    /// <summary>Endpoints leave or come back by this share at a time.</summary>
    private const int OneIn = 4;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    /// <summary>Fills vacancies, then widens or narrows by the load; returns what is to be remembered.</summary>
    public static CapacityRecord Step(Context context, CapacityRecord record, IReadOnlyList<Subject> ranked, bool trial)
    {
        FillVacancies(context);
        if (ranked.Count == 0 || !ranked.Any(subject => subject.HasNews)) return record;
        var level = Level(ranked);
        var baseline = record.Baseline is { } known && known < level ? known : level;
        var limit = baseline * Tolerated;
        var slowed = ranked.Count(subject => subject.Evidence!.Lower(0.5, Comparison.Strict) > limit);
        if (slowed * 2 <= ranked.Count)
        {
            record = record with { Baseline = Settled(context, record) ? baseline : record.Baseline ?? baseline, Degraded = 0 };
            return trial ? record : Shrink(context, record, ranked);
        }

        record = record with { Degraded = record.Degraded + 1 };
        return record.Degraded < context.Persistence || !Settled(context, record) ? record : Widen(context, record, level);
    }

    /// <summary>Endpoints without traffic that may be called back, best remembered first; failing probes last.</summary>
    private static IEnumerable<Subject> Reserve(Context context) => context.Subjects
        .Where(subject => !subject.Record.Admitted && !subject.Ejected && subject.Seen.Report == ReportFreshness.Fresh)
        .OrderBy(subject => Probes.Fails(subject.Seen.Probe))
        .ThenBy(subject => subject.Record.Verdict?.P99 ?? TimeSpan.MaxValue)
        .ThenBy(subject => Probes.Median(subject.Seen.Probe) ?? TimeSpan.MaxValue)
        .ThenBy(subject => subject.Seen.Name, StringComparer.Ordinal)
        .ThenBy(subject => subject.Key, StringComparer.Ordinal);

    private static void FillVacancies(Context context)
    {
        if (context.Settings.Selection.Mode == SelectionMode.Threshold && Narrowing.InService(context) >= context.AtLeast) return;
        var vacant = context.Wanted - Narrowing.InService(context);
        foreach (var subject in Reserve(context).Take(Math.Max(0, vacant)).ToList()) subject.Admit(context.Now, "selected: fills a vacancy");
    }

    private static CapacityRecord Shrink(Context context, CapacityRecord record, IReadOnlyList<Subject> ranked)
    {
        var surplus = Narrowing.InService(context) - context.Wanted;
        if (context.Settings.Selection.Mode == SelectionMode.Threshold || surplus <= 0 || context.Now < record.NextShrink) return record;
        if (ranked.Any(subject => subject.Record.Persisted > 0)) return record;
        if (record.NextShrink == TimeSpan.Zero) return record with { NextShrink = context.Now + context.Settle };

        var hot = Ranking.Hot(ranked);
        var leaving = Math.Min(Math.Min((surplus + 1) / 2, Math.Max(1, ranked.Count / OneIn)), ranked.Count - 1);
        foreach (var subject in ranked.OrderByDescending(subject => hot.Contains(subject.Key)).ThenByDescending(subject => subject.Rank).Take(leaving))
        {
            subject.Exclude(context.Now, context.Now + context.Jittered(FirstPause, subject.Key),
                $"unselected: rank {subject.Rank} of {ranked.Count}, {context.Wanted} wanted");
        }

        return record with { NextShrink = context.Now + context.Settle, WidenedAt = context.Now, LevelThen = TimeSpan.Zero };
    }

    private static CapacityRecord Widen(Context context, CapacityRecord record, TimeSpan level)
    {
        if (record.WidenedAt is not null && record.LevelThen > TimeSpan.Zero && level > record.LevelThen * Relief)
            return record with { Baseline = level, Degraded = 0, WidenedAt = null };
        var back = Math.Max(1, Narrowing.InService(context) / OneIn);
        var called = Reserve(context).Where(subject => subject.Record.Verdict is null || subject.Record.Verdict.P50 <= level * (1 + context.Strict.Margin)).Take(back).ToList();
        if (called.Count == 0) return record;
        foreach (var subject in called) subject.Admit(context.Now, "selected: the load needs more endpoints than the mode wants");
        var pause = FirstPause * Math.Pow(2, Math.Min(record.Widenings, 20));
        return record with
        {
            Degraded = 0, WidenedAt = context.Now, LevelThen = level, Widenings = record.Widenings + 1,
            NextShrink = context.Now + context.Jittered(pause > LongestPause ? LongestPause : pause, "shrink"),
        };
    }

    private static bool Settled(Context context, CapacityRecord record) => record.WidenedAt is not { } at || context.Now - at >= context.Settle;

    private static TimeSpan Level(IReadOnlyList<Subject> ranked) =>
        ranked.Aggregate(LatencyHistogram.Empty, (sum, subject) => sum.Merge(subject.Evidence!.Latency)).Quantile(0.5) ?? TimeSpan.Zero;
}
