using Aviator.Core.Decisions.Ranking;
using Aviator.Core.Decisions.Stages;
using Aviator.Core.Measurement;

namespace Aviator.Core.Decisions.Selection;

/// <summary>
/// What has just turned slow. A window is mostly from before that for as long as it lasts, and a slow endpoint answers few requests, so
/// its window tells it late. What came since it turned slow tells it at once: that nearly all of its requests take several times as long
/// as its peers' do, those included that still wait.
/// </summary>
internal static class SuddenSlowness
{
    /// <summary>A factor by which the middle of what comes is above the peers' middle, and never by chance or a short queue.</summary>
    public const double Far = 3;

    /// <summary>One of so many requests may be as fast as usual; more speak against it.</summary>
    private const double FastOneIn = 3;

    /// <summary>A smaller difference is nobody's trouble.</summary>
    private static readonly TimeSpan Amount = TimeSpan.FromMilliseconds(1);

    /// <summary>Probability with which an endpoint's answers of one interval may begin a suspicion by chance.</summary>
    private const double Odd = 0.01;

    /// <summary>
    /// Probability with which what came since a suspicion began may be chance; small because every endpoint is suspected a few times a
    /// minute.
    /// </summary>
    private const double Certain = 1e-7;

    /// <summary>So many answers of one interval say by themselves whether it is slow.</summary>
    private const long Telling = 3;

    /// <summary>
    /// One long request holds up those behind it where requests are worked on in turn; for so many times the peers' p99 it does not.
    /// </summary>
    private const double HoldsUp = 3;

    /// <summary>
    /// Follows every endpoint in service by what came since the last evaluation, and returns those that have turned slow beyond doubt,
    /// while the others are as fast as usual: what slows many at once is the load or a common cause.
    /// </summary>
    public static IReadOnlyList<EndpointEvaluation> FindOutliers(EvaluationContext context)
    {
        if (FindLimit(context) is not { } limit) return Forget(context);
        var peers = new Peers(context, limit);
        var news = context.Endpoints.Where(endpoint => TakesPart(endpoint) && endpoint.HasNews)
            .Select(endpoint => Follow(context, peers, endpoint)).ToList();
        foreach (var endpoint in context.Endpoints.Where(endpoint => !TakesPart(endpoint))) Set(endpoint, default);
        var certain = news.Where(one => one.Endpoint.Ranked && peers.IsCertain(one)).ToList();
        var others = certain.Count == 0 ? news : news.Except(certain).ToList();
        var (slow, fast) = (others.Sum(one => one.Slow), others.Sum(one => one.Fast));
        var suspected = certain.Count + others.Count(one => one.Endpoint.Record.Slowness.Evaluations > 1);
        if (suspected > BoundStep.AtOnce(news.Count))
        {
            StartOver(context, news);
            return [];
        }

        if (certain.Count == 0 || fast <= slow * FastOneIn) return [];
        foreach (var one in certain) one.Endpoint.TurnedSlow = new(limit, one.SlowInAll, one.All, RateOf(context, one.Endpoint));
        return certain.ConvertAll(one => one.Endpoint);
    }

    /// <summary>
    /// The latency that is far above what is good enough to stay; as with windows, twice as far (in ratios) as that is above the best. Null
    /// where none can be told; probes come one at a time, so how few are answered says nothing of a queue.
    /// </summary>
    private static TimeSpan? FindLimit(EvaluationContext context)
    {
        if (context.Settings.Source == LatencySource.Probe) return null;
        if (context.Middle is not { HungFor: null } middle || context.Boundary is not { HungFor: null } boundary) return null;
        var (usual, best) = (Later(middle.P50, boundary.P50), context.Ranking[0].Evidence!.P50);
        if (best <= TimeSpan.Zero) return null;
        var spread = usual / best;
        return Later(Later(usual * Math.Max(Far, spread * spread), usual + Amount), context.Mode.FastEnough(context.Settings));
    }

    private static IReadOnlyList<EndpointEvaluation> Forget(EvaluationContext context)
    {
        foreach (var endpoint in context.Endpoints) Set(endpoint, default);
        return [];
    }

    /// <summary>
    /// What many suffered counts against none of them: one that is rid of it an evaluation later than the others must not stand out by it.
    /// </summary>
    private static void StartOver(EvaluationContext context, List<News> news)
    {
        foreach (var (endpoint, _, _, _) in news.Where(one => one.Endpoint.Record.Slowness.Evaluations > 0))
            Set(endpoint, new(context.Now, 1, 0, 0, endpoint.Observed.Waiting, 0));
    }

    /// <summary>Takes what came since the last evaluation.</summary>
    private static News Follow(EvaluationContext context, Peers peers, EndpointEvaluation endpoint)
    {
        var (fresh, limit) = (endpoint.Observed.Fresh, peers.Limit);
        var (answers, _) = Evidence.AnswersOf(fresh, context.Common);
        var slow = answers.CountAbove(limit);
        var fast = answers.Count - slow;
        var before = endpoint.Record.Slowness;
        if (before.Evaluations > 0)
        {
            var waiting = CountWaiting(context, endpoint, before, limit);
            if (waiting + slow + fast == 0) return new(endpoint, slow, fast, 0);
            var now = before with { Slow = before.Slow + slow, Fast = before.Fast + fast };
            if (waiting + slow > 0)
            {
                now = now with
                {
                    Evaluations = before.Evaluations + 1,
                    PeersAnswered = before.PeersAnswered + peers.Answered(endpoint),
                };
            }

            var recovers = fast >= Math.Max(Telling, slow + waiting);
            if (!recovers && now.Slow + waiting > now.Fast * (FastOneIn - 1))
            {
                Set(endpoint, now);
                return new(endpoint, slow, fast, waiting);
            }
        }

        return Begin(context, peers, new(endpoint, slow, fast, 0));
    }

    /// <summary>
    /// Begins a suspicion where the answers are slow by more than chance, or a request that came since the last evaluation has waited for
    /// too long by now, or so shortly before that it was not late then. Which of the answers came first is not known, so fast ones do not
    /// speak against that yet.
    /// </summary>
    private static News Begin(EvaluationContext context, Peers peers, News news)
    {
        var endpoint = news.Endpoint;
        var (waiting, age, duration) = (endpoint.Observed.Waiting, endpoint.WaitingTime(context.Now), endpoint.Observed.Fresh.Duration);
        var allAreNew = age <= duration + peers.Limit;
        var begins = (waiting > 0 && allAreNew && age > peers.Limit) || peers.Chance(endpoint, news.Slow, news.Slow + news.Fast) < Odd;
        SlownessRecord record = begins ? new(context.Now, 1, news.Slow, 0, allAreNew ? 0 : waiting, 0) : default;
        Set(endpoint, record);
        return begins ? news with { Waiting = CountWaiting(context, endpoint, record, peers.Limit) } : news;
    }

    /// <summary>
    /// Requests that came since the suspicion began and have waited for longer than <paramref name="limit"/>. The oldest one's age is known
    /// unless an older request hides it; the others are taken as evenly spread up to it, and those that waited before do not count.
    /// </summary>
    private static long CountWaiting(EvaluationContext context, EndpointEvaluation endpoint, SlownessRecord record, TimeSpan limit)
    {
        var (oldest, since) = (endpoint.WaitingTime(context.Now), context.Now - record.Since + endpoint.Observed.Fresh.Duration);
        var (came, age) = (endpoint.Observed.Waiting - record.WaitingBefore, oldest < since ? oldest : since);
        if (came <= 0 || age <= limit) return 0;
        return Math.Max(oldest <= since ? 1 : 0, (long)(came * (1 - (limit / age))));
    }

    /// <summary>Requests per second that an endpoint got since it turned slow, answered or not.</summary>
    private static double RateOf(EvaluationContext context, EndpointEvaluation endpoint)
    {
        var (record, observed) = (endpoint.Record.Slowness, endpoint.Observed);
        var came = record.Slow + record.Fast + Math.Max(0, observed.Waiting - record.WaitingBefore);
        return came / (context.Now - record.Since + observed.Fresh.Duration).TotalSeconds;
    }

    private static bool TakesPart(EndpointEvaluation endpoint) =>
        endpoint.Record.Admitted && !endpoint.Ejected && !endpoint.OnTrial && endpoint.Observed.Report == ReportFreshness.Fresh;

    private static void Set(EndpointEvaluation endpoint, SlownessRecord record)
    {
        if (endpoint.Record.Slowness != record) endpoint.Record = endpoint.Record with { Slowness = record };
    }

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;

    /// <param name="Endpoint">The endpoint.</param>
    /// <param name="Slow">Answers above the limit since the last evaluation.</param>
    /// <param name="Fast">The other answers since then.</param>
    /// <param name="Waiting">Requests that wait, and count as slow.</param>
    private readonly record struct News(EndpointEvaluation Endpoint, long Slow, long Fast, long Waiting)
    {
        /// <summary>Slow ones since the suspicion began.</summary>
        public long SlowInAll => Endpoint.Record.Slowness.Slow + Waiting;

        /// <summary>All since then.</summary>
        public long All => SlowInAll + Endpoint.Record.Slowness.Fast;

        /// <summary>Whether it is slow still.</summary>
        public bool IsSlow => Slow + Waiting > Fast * (FastOneIn - 1);
    }

    /// <summary>What the ranked endpoints' windows say of the limit.</summary>
    private sealed class Peers(EvaluationContext context, TimeSpan limit)
    {
        private readonly (long Above, long All) _all = (context.RankedLatency.CountAbove(limit), context.RankedLatency.Count);

        /// <summary>Mean and p99 of the better half, in which none has turned slow.</summary>
        private readonly Lazy<(TimeSpan Mean, TimeSpan P99)> _level = new(() =>
        {
            var half = LatencyHistogram.Sum(context.Ranking.Take((context.Ranking.Count + 1) / 2).Select(one => one.Evidence!.Latency));
            return (half.Mean() ?? TimeSpan.Zero, half.Quantile(Comparison.Quantile) ?? TimeSpan.Zero);
        });

        /// <summary>What each endpoint answered since the last evaluation, in order.</summary>
        private readonly Lazy<List<long>> _answers = new(() =>
            [.. context.Endpoints.Where(one => TakesPart(one) && one.HasNews).Select(AnswersOf).Order()]);

        public TimeSpan Limit => limit;

        /// <summary>What the middle one of the others answered since the last evaluation.</summary>
        public long Answered(EndpointEvaluation endpoint)
        {
            var (answers, own) = (_answers.Value, _answers.Value.IndexOf(AnswersOf(endpoint)));
            if (answers.Count < 2) return 0;
            var middle = (answers.Count - 2) / 2;
            return answers[middle < own ? middle : middle + 1];
        }

        /// <summary>Whether neither chance nor a queue explains the suspicion.</summary>
        public bool IsCertain(News news) => news.Endpoint.Record.Slowness.Evaluations > 0 && news.IsSlow
            && Chance(news.Endpoint, news.SlowInAll, news.All) < Certain && IsNoQueue(news.Endpoint.Record.Slowness);

        /// <summary>
        /// Where requests queue, somebody works on them all the time, and answers at least as many as one worker could that takes as long
        /// as the peers' requests do (their waiting included), and as many as a peer does that is not busy all the time. The second holds
        /// where a pause of all has made the peers' mean long. Far fewer answers, by three standard errors, were not slowed by a queue;
        /// unless a single long request holds the others up. Evaluations in which nothing came or waited are not such time.
        /// </summary>
        private bool IsNoQueue(SlownessRecord record)
        {
            var (mean, p99) = _level.Value;
            var (since, busy) = (context.Now - record.Since, context.Settings.EvaluationInterval * (record.Evaluations - 1));
            if (busy < since) since = busy;
            if (mean <= TimeSpan.Zero || since < p99 * HoldsUp) return false;
            var possible = Math.Max(since / mean, record.PeersAnswered);
            return record.Slow + record.Fast < possible - (3 * Math.Sqrt(possible));
        }

        /// <summary>
        /// Probability, at most, that so many of an endpoint's requests are that slow if they are as its peers' (Chernoff's bound, which is
        /// exact where all are).
        /// </summary>
        public double Chance(EndpointEvaluation endpoint, long slow, long all)
        {
            if (slow == 0) return 1;
            var (share, peers) = ((double)slow / all, ShareOfPeers(endpoint));
            if (share <= peers) return 1;
            var rest = share < 1 ? (1 - share) * Math.Log((1 - share) / (1 - peers)) : 0;
            return Math.Exp(-all * ((share * Math.Log(share / peers)) + rest));
        }

        private static long AnswersOf(EndpointEvaluation endpoint) => endpoint.Observed.Fresh.Latency.Count;

        /// <summary>
        /// Share of the peers' requests that take longer than the limit, at most: two standard errors above what was seen.
        /// </summary>
        private double ShareOfPeers(EndpointEvaluation endpoint)
        {
            var own = endpoint.Ranked ? endpoint.Evidence : null;
            var (above, all) = (_all.Above - (own?.Latency.CountAbove(limit) ?? 0), _all.All - (own?.Count ?? 0));
            return all <= 0 ? 1 : Math.Min(1, Math.Pow(Math.Sqrt(above + 1) + 1, 2) / all);
        }
    }
}
