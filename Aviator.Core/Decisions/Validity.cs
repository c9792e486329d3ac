namespace Aviator.Core.Decisions;

/// <summary>Stage 1: whether there is data to decide on at all.</summary>
internal static class Validity
{
    private static readonly TimeSpan ShortestGrace = TimeSpan.FromSeconds(5);

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
    /// How long most reports may be lost, after they count as stale, before the selection is given up. Pods that die leave by membership at
    /// once, so what is risked meanwhile is little; failing open at each pause of an agent would send traffic to slow pods.
    /// </summary>
    public static TimeSpan Grace(PolicySettings settings)
    {
        var intervals = settings.EvaluationInterval * 3;
        return intervals > ShortestGrace ? intervals : ShortestGrace;
    }

    /// <summary>Judges the reports; also returns since when most are missing.</summary>
    public static (Outcome Outcome, TimeSpan? BlindSince) Of(Context context, TimeSpan? blindSince)
    {
        var total = context.Subjects.Count;
        var silent = context.Subjects.Count(subject => subject.Seen.Report != ReportFreshness.Fresh);
        if (silent * 2 <= total) return (Outcome.Decide, null);
        var since = blindSince ?? context.Now;
        return (context.Now - since >= Grace(context.Settings) ? Outcome.FailOpen : Outcome.Keep, since);
    }
}
