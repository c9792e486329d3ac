namespace Aviator.Controller.Core;

/// <summary>Stage 1: whether there is data to decide on at all.</summary>
internal static class Validity
{
    /// <summary>What to do.</summary>
    public enum Outcome
    {
        /// <summary>Most endpoints' nodes report: decide.</summary>
        Decide,

        /// <summary>Reports are missing, but not for long enough to give the present selection up (a start, an agent's restart).</summary>
        Keep,

        /// <summary>No trustworthy data: use all ready endpoints.</summary>
        FailOpen,
    }

    /// <summary>
    /// The time after which an absent report counts as lost; a stale one has been absent for as long already.
    /// </summary>
    public static TimeSpan Grace(PolicySettings settings)
    {
        var intervals = settings.EvaluationInterval * 3;
        return intervals > TimeSpan.FromSeconds(5) ? intervals : TimeSpan.FromSeconds(5);
    }

    /// <summary>Judges the reports; also returns since when most are missing.</summary>
    public static (Outcome Outcome, TimeSpan? BlindSince) Of(Context context, TimeSpan? blindSince)
    {
        var total = context.Subjects.Count;
        var stale = context.Subjects.Count(subject => subject.Seen.Report == ReportFreshness.Stale);
        var missing = context.Subjects.Count(subject => subject.Seen.Report == ReportFreshness.Missing);
        if ((stale + missing) * 2 <= total) return (Outcome.Decide, null);
        var since = blindSince ?? context.Now;
        return (stale * 2 > total || context.Now - since >= Grace(context.Settings) ? Outcome.FailOpen : Outcome.Keep, since);
    }
}
