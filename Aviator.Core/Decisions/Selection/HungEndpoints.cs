namespace Aviator.Core.Decisions;

/// <summary>
/// Takes out what answers nothing, whatever number of endpoints the mode wants and whether or not others can be ranked: it serves no
/// request, so nothing is lost with it. Only spec.safety.minEndpoints keeps it, when nothing can take its place.
/// </summary>
internal static class HungEndpoints
{
    /// <summary>Answers that its rate must lead one to expect while it gave none (P(none) &lt; 0.7 %).</summary>
    private const double ExpectedAnswers = 5;

    /// <summary>
    /// Counts as clearly worse what hangs while more endpoints in service answer. When as many hang, it is a common cause (a database),
    /// and to choose among endpoints would only move the load.
    /// </summary>
    public static void Judge(Context context, IReadOnlyList<Subject> ranked)
    {
        var hung = ranked.Where(IsHung).ToList();
        if (hung.Count >= context.Subjects.Count(Answers)) return;
        foreach (var subject in hung) subject.ClearlyWorse = true;
    }

    /// <summary>
    /// Takes out those that the ranking left and that have given no answer for long enough; a pause as after a failed trial keeps them from
    /// filling a vacancy.
    /// </summary>
    public static void Exclude(Context context, IReadOnlyList<Subject> ranked)
    {
        var leaving = ranked.Where(subject => subject.Record.Admitted && IsHung(subject) && subject.ClearlyWorse && subject.HasNews
            && subject.Record.Persisted >= context.Persistence && Expected(context, subject) >= ExpectedAnswers).ToList();
        var room = Narrowing.InService(context) + Capacity.Substitutes(context).Count() - context.AtLeast;
        foreach (var subject in leaving.Take(Math.Max(0, room)))
            Trials.Return(context, subject, 1, $"unselected: {Text.P99(subject.Evidence!)}, while others answer");
    }

    /// <summary>Whether it hung or failed its trial, its pause is not over, and something still speaks against it.</summary>
    public static bool Rests(Context context, Subject subject) =>
        subject.Record.Exploration.Failures > 0 && context.Now < subject.Record.Exploration.NotBefore
        && (IsHung(subject) || Probes.Fails(subject.Seen.Probe) || subject.Seen.OldestInFlight >= Knowledge.HungForCertain);

    private static bool IsHung(Subject subject) => subject.Evidence?.HungFor is not null;

    private static bool Answers(Subject subject) => subject.Record.Admitted && !subject.Ejected && !subject.OnTrial && !IsHung(subject)
        && subject.Seen.Window.Latency.Count > subject.Seen.Window.Failures;

    /// <summary>Answers to be expected in the evaluations in a row in which it hung.</summary>
    private static double Expected(Context context, Subject subject) =>
        subject.Record.Persisted * context.Settings.EvaluationInterval.TotalSeconds * subject.ExpectedRate;
}
