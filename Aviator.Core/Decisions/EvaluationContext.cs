using Aviator.Core.Decisions.Ranking;
using Aviator.Core.Decisions.Selection;
using Aviator.Core.Decisions.Trials;
using Aviator.Core.Measurement;

namespace Aviator.Core.Decisions;

/// <summary>
/// One evaluation of one routing domain: what stays the same during it (policy, time, what counts as a difference), and what its stages
/// hand on to later ones. Which stage runs when is in <see cref="DecisionPipeline"/>.
/// </summary>
/// <param name="domain">The domain's name; empty when the Service has one.</param>
/// <param name="settings">The policy, validated, with the domain's share of its numbers.</param>
/// <param name="now">The monotonic time, read once.</param>
/// <param name="seed">Varies the jitter; nothing else.</param>
/// <param name="endpoints">All ready endpoints of the domain, in the order of their keys.</param>
/// <param name="previous">What the last written decision left to remember.</param>
internal sealed class EvaluationContext(
    string domain, PolicySettings settings, TimeSpan now, ulong seed, IReadOnlyList<EndpointEvaluation> endpoints, PolicyState previous)
{
    /// <summary>So long after the last probe that succeeded, a failing one still says something.</summary>
    private static readonly TimeSpan ProbeMemory = TimeSpan.FromMinutes(30);

    /// <summary>Share of the time that endpoints are busy, up to which equals queue for moments only.</summary>
    private const double HalfBusy = 0.5;

    /// <summary>
    /// Samples since the last evaluation of which the fastest tenth, here the fastest, says something: a verdict takes several evaluations.
    /// Of exponential latencies nine in a row are over three times the median once in 130 million.
    /// </summary>
    private const long EnoughNews = 3;

    private MeasuredLoad? _load;
    private LongAnswers? _longAnswers;

    /// <summary>The domain's name; empty when every client reaches every endpoint.</summary>
    public string Domain { get; } = domain;

    /// <summary>The routing domain that it is of: all of it, or its canary, or the rest.</summary>
    public string Routing => Endpoints.Count == 0 ? "" : Endpoints[0].Observed.Domain;

    /// <summary>The policy, with the domain's share of its numbers.</summary>
    public PolicySettings Settings { get; } = settings;

    /// <summary>How the policy chooses among the ranked endpoints.</summary>
    public ISelectionMode Mode => Settings.Selection.Mode;

    /// <summary>The monotonic time, the same for the whole evaluation.</summary>
    public TimeSpan Now { get; } = now;

    /// <summary>All ready endpoints of the domain, in the order of their keys.</summary>
    public IReadOnlyList<EndpointEvaluation> Endpoints { get; } = endpoints;

    /// <summary>Evaluations that a changed verdict must persist; at least 1.</summary>
    public int Persistence { get; } = settings.Dampening.Enabled ? settings.Dampening.ConsecutiveIntervals : 1;

    /// <summary>
    /// Whether no passing queue explains that an endpoint is worse than another: it hangs, fails what the other does not, does not answer
    /// what it gets, is slower by nature, or has turned slow.
    /// </summary>
    public bool IsWorseByNature(EndpointEvaluation endpoint, Evidence other) => endpoint.AnyEvidence is { } evidence
        && (endpoint.TurnedSlow is not null || evidence.HungFor is not null || evidence.FailsByItself(other)
            || MeasuredLoad.IsOverrun(endpoint.Observed) || IsSlowerByNature(evidence, other) || IsSlowerSinceLast(endpoint, other));

    /// <summary>
    /// Whether no queue explains that one endpoint is slower than another. While there is much to do, only what its fastest tenth shows is
    /// certain of that.
    /// </summary>
    public bool IsSlowerByNature(Evidence one, Evidence other) =>
        one.IsSlowerWithoutQueue(other) || (one.IsFarSlower(other) && Load.Busy <= HalfBusy);

    /// <summary>What came since the last evaluation, however little.</summary>
    public Evidence NewsOf(EndpointEvaluation endpoint) =>
        Evidence.FromWindow(endpoint.Observed.Fresh, endpoint.Observed.Waiting, endpoint.WaitingTime(Now), Common);

    /// <summary>
    /// Whether even the fastest tenth of what came since the last evaluation is slower than the other's middle by far, where there is
    /// little to queue for: a window that is mostly from before the endpoint turned slow cannot show that yet.
    /// </summary>
    private bool IsSlowerSinceLast(EndpointEvaluation endpoint, Evidence other) => Load.Busy <= HalfBusy
        && NewsOf(endpoint) is { Count: >= EnoughNews } news && news.IsSlowerWithoutQueue(other);

    /// <summary>What counts as a difference in decisions that last.</summary>
    public Comparison Strict { get; } = new(MarginOf(settings), Comparison.Strict);

    /// <summary>What counts as a violation in a trial.</summary>
    public Comparison Loose { get; } = new(MarginOf(settings), Comparison.Loose);

    /// <summary>Endpoints to keep in service at least, whatever the ranking says; never more than are ready.</summary>
    public int AtLeast { get; } = Math.Min(settings.Safety.MinEndpoints, endpoints.Count);

    /// <summary>Endpoints that the mode wants, never below <see cref="AtLeast"/> or above what is ready.</summary>
    public int Wanted { get; } = Math.Min(
        endpoints.Count, Math.Max(settings.Selection.Mode.CountWanted(settings, endpoints.Count), settings.Safety.MinEndpoints));

    /// <summary>Time after which a change shows in the windows.</summary>
    public TimeSpan Settle { get; } = settings.EvaluationInterval * 2 > settings.Measurement.Window
        ? settings.EvaluationInterval * 2
        : settings.Measurement.Window;

    /// <summary>What to remember; each stage replaces the parts that it decides.</summary>
    public DomainState State { get; set; } = previous.Of(domain);

    /// <summary>When the policy was last evaluated; null before the first time.</summary>
    public TimeSpan? LastEvaluation { get; } = previous.LastEvaluation;

    /// <summary>The endpoint that was on trial when the evaluation began; null when none was.</summary>
    public string? TriedAtStart { get; } = previous.Of(domain).Trial?.Key;

    /// <summary>What the agents' reports allow.</summary>
    public ReportValidity Reports { get; set; } = ReportValidity.Sufficient;

    /// <summary>Answers per second of the middle endpoint that takes part, as if each had a full share.</summary>
    public double UsualRate { get; set; }

    /// <summary>What the middle endpoint in service does as well: so much is not the single endpoint's fault.</summary>
    public CommonOutcomes Common { get; set; }

    /// <summary>
    /// Whether probes say anything: one of any of the endpoints has succeeded of late. A wrong port, TLS and HTTP/2 cannot be probed.
    /// </summary>
    public bool ProbesWork => State.ProbesWorkedAt is { } at && Now - at <= ProbeMemory;

    /// <summary>Whether the endpoint's newest probe failed, and that says something.</summary>
    public bool ProbeFails(EndpointEvaluation endpoint) => ProbesWork && ProbeRuns.Fails(endpoint.Observed.Probe);

    /// <summary>Whether more endpoints are used than the policy asks for, and why.</summary>
    public ConditionVerdict Degraded { get; set; } = new(false, DecisionReason.Decided, "The decision rests on measurements.");

    /// <summary>How many of the answers take long; counted when it is first asked for.</summary>
    public LongAnswers LongAnswers => _longAnswers ??= new LongAnswers(Endpoints);

    /// <summary>The load on the endpoints in use; measured when it is first asked for.</summary>
    public MeasuredLoad Load => _load ??= new MeasuredLoad(Settings, Endpoints);

    /// <summary>The endpoints that can be compared, best first, as last ranked; those excluded since are still in it.</summary>
    public IReadOnlyList<EndpointEvaluation> Ranking { get; set; } = [];

    /// <summary>The samples of all in <see cref="Ranking"/> together.</summary>
    public LatencyHistogram RankedLatency { get; set; } = LatencyHistogram.Empty;

    /// <summary>Evidence of the middle endpoint in rank, the better of two; null when none is ranked.</summary>
    public Evidence? Middle => Ranking.Count == 0 ? null : Ranking[(Ranking.Count - 1) / 2].Evidence;

    /// <summary>Endpoints out of service that can be expected to do better than the worst ranked one.</summary>
    public IReadOnlyList<EndpointEvaluation> TrialCandidates { get; set; } = [];

    /// <summary>Evidence of the last wanted endpoint in rank; null when none is ranked.</summary>
    public Evidence? Boundary => Ranking.Count == 0 ? null : Ranking[Math.Min(Wanted, Ranking.Count) - 1].Evidence;

    /// <summary>Endpoints that take part now, except one on trial: it may turn out bad.</summary>
    public int InService => Endpoints.Count(endpoint => endpoint.Record.Admitted && !endpoint.Ejected && !endpoint.OnTrial);

    /// <summary>
    /// Ends the trial of an endpoint that the load needs: a trial's small share would not help, and a full one shows as much.
    /// </summary>
    public void EndTrial(EndpointEvaluation tried)
    {
        tried.OnTrial = false;
        State = State with { Trial = null };
    }

    /// <summary>Marks endpoints that are slower than the mode allows; the others tell how busy endpoints are from now on.</summary>
    public void MarkClearlyWorse(IEnumerable<EndpointEvaluation> endpoints)
    {
        foreach (var endpoint in endpoints)
        {
            endpoint.ClearlyWorse = true;
            _load = null;
        }
    }

    /// <summary>Starts an evaluation of each domain, in the order of their names; at least one, be it empty.</summary>
    /// <inheritdoc cref="PolicyDecision.Decide"/>
    public static IReadOnlyList<EvaluationContext> Start(
        PolicySettings settings, IReadOnlyCollection<EndpointObservation> observations, PolicyState previous, TimeSpan now, ulong seed)
    {
        // Among equals, an endpoint that arrived later leaves first; the very first evaluation knows no order of arrival.
        var newcomer = EndpointRecord.New with { EvidenceFrom = previous.LastEvaluation is null ? TimeSpan.Zero : now };
        var endpoints = new List<EndpointEvaluation>(observations.Count);
        var known = 0;
        foreach (var observed in InOrder(observations))
            if (endpoints.Count == 0 || endpoints[^1].Key != observed.Key)
                endpoints.Add(new EndpointEvaluation(observed, previous.Endpoints.FindNext(observed.Key, ref known) ?? newcomer));
        if (endpoints.TrueForAll(endpoint => AreTogether(endpoint.Observed, endpoints[0].Observed)))
        {
            var domain = endpoints.Count == 0 ? "" : NameOf(endpoints[0].Observed);
            return [new EvaluationContext(domain, settings, now, seed, endpoints, previous)];
        }

        return [.. endpoints.GroupBy(endpoint => NameOf(endpoint.Observed), StringComparer.Ordinal)
            .OrderBy(here => here.Key, StringComparer.Ordinal)
            .Select(here => (Domain: here.Key, Endpoints: here.ToList()))
            .Select(here => new EvaluationContext(
                here.Domain, settings.ForShare(here.Endpoints.Count, endpoints.Count), now, seed, here.Endpoints, previous))];
    }

    private static bool AreTogether(EndpointObservation one, EndpointObservation other) =>
        one.Canary == other.Canary && one.Domain == other.Domain;

    private static string NameOf(EndpointObservation observed)
    {
        if (!observed.Canary) return observed.Domain;
        return observed.Domain.Length == 0 ? "the canary" : $"the canary in {observed.Domain}";
    }

    /// <summary>In the order of their keys, in which a controller gives them already.</summary>
    private static IEnumerable<EndpointObservation> InOrder(IReadOnlyCollection<EndpointObservation> observations)
    {
        var last = "";
        foreach (var key in observations.Select(observed => observed.Key))
        {
            if (string.CompareOrdinal(last, key) > 0) return observations.OrderBy(observed => observed.Key, StringComparer.Ordinal);
            last = key;
        }

        return observations;
    }

    /// <summary>A share of <paramref name="span"/> within ±10 %, different for each endpoint and seed.</summary>
    public TimeSpan Jittered(TimeSpan span, string key) => span * (0.9 + (0.2 * Jitter.Fraction(seed, Domain + key)));

    private static double MarginOf(PolicySettings settings) => settings.Dampening.Enabled
        ? Math.Max(settings.Dampening.ThresholdPercent / 100.0, Comparison.Resolution)
        : Comparison.Resolution;
}
