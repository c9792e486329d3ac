namespace Aviator.Core.Decisions;

/// <summary>
/// Takes out what is clearly worse than the boundary, once that has persisted: dampening per endpoint. Ties never leave here.
/// </summary>
internal static class Narrowing
{
    /// <summary>At most this share of the endpoints leaves in one evaluation (two at least), so that the rest is not buried at once.</summary>
    private const int OneIn = 4;

    /// <summary>Judges every ranked endpoint and takes out those whose verdict has persisted.</summary>
    /// <param name="context">The evaluation.</param>
    /// <param name="ranked">The ranked endpoints, best first.</param>
    /// <param name="promising">Endpoints without traffic that promise to be better than the worst ranked one.</param>
    /// <param name="capacity">Says how many endpoints the load needs, and whether the selection is overloaded.</param>
    public static void Step(Context context, IReadOnlyList<Subject> ranked, int promising, CapacityRecord capacity)
    {
        foreach (var subject in context.Subjects)
            if (subject.Record.Admitted && !subject.Ranked && subject.Record.Persisted > 0 && subject.HasNews)
                subject.Record = subject.Record with { Persisted = 0 };
        Judge(context, ranked, promising);
        HungEndpoints.Judge(context, ranked);
        Count(ranked);

        var leaving = ranked.Reverse().Where(subject => subject.ClearlyWorse && subject.HasNews && subject.Record.Persisted >= context.Persistence).ToList();
        var floor = capacity.Degraded > 0 ? int.MaxValue : Math.Max(context.Wanted, context.Now < capacity.NextShrink ? capacity.Floor : 0);
        var room = Math.Min(InService(context) - (long)floor, Math.Max(2, ranked.Count / OneIn));
        foreach (var subject in leaving.Take((int)Math.Max(0, room)))
        {
            var reason = context.Settings.Selection.Mode == SelectionMode.Threshold
                ? $"unselected: {Text.P99(subject.Evidence!)} is above {Text.Of(context.Settings.LatencyThreshold)}"
                : $"unselected: rank {subject.Rank} of {ranked.Count}, {Text.P99(subject.Evidence!)}";
            subject.Exclude(context.Now, context.Now + context.Jittered(context.Settings.EvaluationInterval, subject.Key), reason);
        }

        HungEndpoints.Exclude(context, ranked);
    }

    /// <summary>The rank (0-based) that stands for "good enough": the last wanted one, or better when better ones are waiting.</summary>
    public static int? BoundaryIndex(Context context, int ranked, int promising)
    {
        if (ranked == 0) return null;
        if (ranked > context.Wanted) return context.Wanted - 1;
        return promising > 0 && ranked > 1 ? Math.Max(0, ranked - 1 - promising) : null;
    }

    /// <summary>Endpoints that really serve: those on trial do not count, they may turn out bad.</summary>
    public static int InService(Context context) => context.Subjects.Count(subject => subject.Record.Admitted && !subject.Ejected && !subject.OnTrial);

    private static void Judge(Context context, IReadOnlyList<Subject> ranked, int promising)
    {
        if (context.Settings.Selection.Mode == SelectionMode.Threshold)
        {
            JudgeByThreshold(context, ranked);
            return;
        }

        if (BoundaryIndex(context, ranked.Count, promising) is not { } boundary) return;
        for (var i = boundary + 1; i < ranked.Count; i++)
            ranked[i].ClearlyWorse = context.Strict.Outlying(ranked[i].Evidence!, ranked[boundary].Evidence!, ranked[0].Evidence!);
    }

    /// <summary>
    /// Above the threshold is worse. When fewer are acceptable than must stay, the threshold cannot be had: then only those leave that are
    /// clearly worse than the best ones that must stay, or an overload that slows all would drive all into a few.
    /// </summary>
    private static void JudgeByThreshold(Context context, IReadOnlyList<Subject> ranked)
    {
        foreach (var subject in ranked)
            subject.ClearlyWorse = context.Strict.ClearlyAbove(subject.Evidence!, context.Settings.LatencyThreshold, Comparison.Quantile);
        if (ranked.Count == 0 || ranked.Count(subject => !subject.ClearlyWorse) >= context.Wanted) return;
        var boundary = ranked[Math.Min(context.Wanted, ranked.Count) - 1].Evidence!;
        foreach (var subject in ranked)
            subject.ClearlyWorse &= context.Strict.ClearlyWorse(subject.Evidence!, boundary);
    }

    private static void Count(IReadOnlyList<Subject> ranked)
    {
        foreach (var subject in ranked)
            if (subject.HasNews)
                subject.Record = subject.Record with { Persisted = subject.ClearlyWorse ? subject.Record.Persisted + 1 : 0 };
    }
}
