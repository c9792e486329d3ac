using Aviator.Core.Measurement;

namespace Aviator.Core.Decisions;

/// <summary>
/// Keeps as many endpoints in service as the load needs. Equals beyond the wanted number leave step by step, each step watched; when most of
/// the selection slows down against what it was, endpoints come back. Without it, ranking alone drives an overload into fewer and fewer
/// endpoints: whoever has just come in has no queue yet and looks best.
/// </summary>
internal static class Capacity
{
    /// <summary>Slower than usual by this factor is a cost that the narrower selection may not have.</summary>
    private const double Tolerated = 1.5;

    /// <summary>No more endpoints leave when most are slower than usual by this factor.</summary>
    private const double Comfortable = 1.25;

    /// <summary>Added endpoints changed nothing for the others when their median stays within this share.</summary>
    private const double Flat = 0.15;

    /// <summary>Surplus leaves by this share at a time: small, since each step is an experiment on live traffic.</summary>
    private const int ShrinkOneIn = 10;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    /// <summary>A level that has stood for so long, whatever was done, is the new normal (a slower release, a slower database).</summary>
    private static readonly TimeSpan Accepted = TimeSpan.FromMinutes(10);

    /// <summary>Fills vacancies, then widens or narrows by the load; returns what is to be remembered.</summary>
    public static CapacityRecord Step(Context context, CapacityRecord record, IReadOnlyList<Subject> ranked, bool trial)
    {
        FillVacancies(context);
        if (ranked.Count == 0 || !ranked.Any(subject => subject.HasNews)) return record;
        foreach (var subject in ranked) subject.NoteUsual();
        record = Judge(context, record, ranked);
        if (ranked.Count(subject => Slower(subject, Tolerated)) * 2 > ranked.Count)
        {
            record = record with { Degraded = record.Degraded + 1, DegradedSince = record.DegradedSince ?? context.Now };
            if (context.Now - record.DegradedSince >= Accepted) return Accept(record, ranked);
            return record.Degraded < context.Persistence || record.WidenedAt is not null ? record : Widen(context, record, ranked);
        }

        record = record with { Degraded = 0, DegradedSince = null };
        var comfortable = ranked.Count(subject => Slower(subject, Comfortable)) * 2 <= ranked.Count;
        return trial || !comfortable ? record : Shrink(context, record, ranked);
    }

    /// <summary>Endpoints without traffic that may be called back, best first; failing probes last.</summary>
    private static IEnumerable<Subject> Reserve(Context context) => context.Subjects
        .Where(subject => !subject.Record.Admitted && !subject.Ejected && subject.Seen.Report == ReportFreshness.Fresh)
        .OrderBy(subject => Probes.Fails(subject.Seen.Probe))
        .ThenBy(subject => Promise.Median(subject) ?? TimeSpan.MaxValue)
        .ThenBy(subject => subject.Record.Verdict?.P99 ?? TimeSpan.MaxValue)
        .ThenBy(subject => subject.Seen.Name, StringComparer.Ordinal)
        .ThenBy(subject => subject.Key, StringComparer.Ordinal);

    /// <summary>Endpoints that may fill a vacancy, best first.</summary>
    public static IEnumerable<Subject> Substitutes(Context context) =>
        Reserve(context).Where(subject => !HungEndpoints.Rests(context, subject));

    private static void FillVacancies(Context context)
    {
        var vacant = context.Wanted - Narrowing.InService(context);
        if (vacant <= 0) return;
        foreach (var subject in Substitutes(context).Take(vacant).ToList()) subject.Admit(context.Now, "selected: fills a vacancy");
    }

    /// <summary>
    /// What did the last widening show? When those that were there before are exactly as slow as they were, and those that came are not
    /// slow, then the load was not the cause: the floor falls, and the ranking may take the slow ones out. In an overload the old ones get
    /// better or worse, or the new ones get slow too: the floor stays.
    /// </summary>
    private static CapacityRecord Judge(Context context, CapacityRecord record, IReadOnlyList<Subject> ranked)
    {
        if (record.WidenedAt is not { } widened || context.Now - widened < context.Settle) return record;
        record = record with { WidenedAt = null };
        var (before, since) = (ranked.Where(subject => subject.Record.EvidenceFrom < widened).ToList(), ranked.Where(subject => subject.Record.EvidenceFrom >= widened).ToList());
        if (before.Count == 0 || since.Count == 0) return record;
        var level = Level(before);
        if (level > record.LevelThen * (1 + Flat) || level < record.LevelThen * (1 - Flat)) return record;
        return since.TrueForAll(subject => Slower(subject, Tolerated)) ? record : record with { Floor = 0, NextShrink = context.Now, Degraded = 0 };
    }

    /// <summary>Whether the endpoint is slower than it usually is by the factor, beyond error.</summary>
    private static bool Slower(Subject subject, double factor) =>
        subject.Record.Usual is { } usual && subject.Evidence!.Lower(0.5, Comparison.Strict) > usual * factor;

    /// <summary>Takes the present level as usual.</summary>
    private static CapacityRecord Accept(CapacityRecord record, IReadOnlyList<Subject> ranked)
    {
        foreach (var subject in ranked) subject.Record = subject.Record with { Usual = subject.Evidence!.P50 };
        return record with { Degraded = 0, DegradedSince = null };
    }

    /// <summary>
    /// Takes out some of those that cannot be told from the last in rank: first what is hot, then what came last, so that a tie keeps the
    /// present selection.
    /// </summary>
    private static CapacityRecord Shrink(Context context, CapacityRecord record, IReadOnlyList<Subject> ranked)
    {
        // Only known ones count as surplus: no good one leaves because newcomers, perhaps slow ones, have come.
        var surplus = ranked.Count - context.Wanted;
        if (context.Settings.Selection.Mode == SelectionMode.Threshold || surplus <= 0) return record;
        if (record.NextShrink == TimeSpan.Zero) return record with { NextShrink = context.Now + context.Settle };
        if (context.Now < record.NextShrink || ranked.Any(subject => subject.Record.Persisted > 0)) return record;

        var hot = Ranking.Hot(ranked);
        var leaving = Math.Min(surplus, Math.Min(ranked.Count - 1, Math.Max(1, ranked.Count / ShrinkOneIn)));
        var equals = ranked.Where(subject => subject == ranked[^1] || !context.Strict.ClearlyWorse(ranked[^1].Evidence!, subject.Evidence!));
        foreach (var subject in equals.OrderByDescending(subject => hot.Contains(subject.Key))
            .ThenByDescending(subject => subject.Record.EvidenceFrom).ThenByDescending(subject => subject.Rank).Take(leaving))
        {
            subject.Exclude(context.Now, context.Now + context.Jittered(FirstPause, subject.Key),
                $"unselected: rank {subject.Rank} of {ranked.Count}, {context.Wanted} wanted");
        }

        return record with { NextShrink = context.Now + context.Settle, Floor = 0 };
    }

    private static CapacityRecord Widen(Context context, CapacityRecord record, IReadOnlyList<Subject> ranked)
    {
        var level = Level(ranked);
        var service = Narrowing.InService(context);
        var reserve = Reserve(context).Where(subject => Promise.Median(subject) is not { } median || median <= level * (1 + context.Strict.Margin)).ToList();
        if (reserve.Count == 0) return record;
        var severity = ranked.Select(subject => subject.Evidence!.P50 / subject.Record.Usual!.Value).Order().ElementAt(ranked.Count / 2);
        var back = severity > 8 ? reserve.Count : Math.Max(1, service / (severity > 3 ? 2 : 4));
        foreach (var subject in reserve.Take(back)) subject.Admit(context.Now, "selected: the load needs more endpoints than the mode wants");
        var pause = FirstPause * Math.Pow(2, Math.Min(record.Widenings, 20));
        return record with
        {
            WidenedAt = context.Now,
            LevelThen = level,
            Widenings = record.Widenings + 1,
            Floor = service + 1,
            NextShrink = context.Now + context.Jittered(pause > LongestPause ? LongestPause : pause, "shrink"),
        };
    }

    private static TimeSpan Level(IReadOnlyList<Subject> ranked) =>
        ranked.Aggregate(LatencyHistogram.Empty, (sum, subject) => sum.Merge(subject.Evidence!.Latency)).Quantile(0.5) ?? TimeSpan.Zero;
}
