using System.Collections.Immutable;

namespace Aviator.Core.Decisions;

/// <summary>Phases of the circuit breaker.</summary>
public enum BreakerPhase
{
    /// <summary>Takes part.</summary>
    Closed,

    /// <summary>Ejected until its time is over.</summary>
    Open,

    /// <summary>Still ejected; waits for good probes and then takes a trial.</summary>
    HalfOpen,
}

/// <summary>One endpoint's circuit breaker.</summary>
/// <param name="Phase">Its phase.</param>
/// <param name="Violations">
/// While Closed, violations in a row; otherwise good evaluations in a row of an endpoint that a guard holds in use.
/// </param>
/// <param name="FailedTrials">Failed trials since it was last Closed for good; each doubles the time Open.</param>
/// <param name="OpenUntil">End of Open, on the decision's monotonic time.</param>
public readonly record struct BreakerRecord(BreakerPhase Phase, int Violations, int FailedTrials, TimeSpan OpenUntil);

/// <summary>When an endpoint without traffic may be tried again.</summary>
/// <param name="Failures">Trials in a row that failed or brought nothing; each doubles the pause.</param>
/// <param name="NotBefore">No trial before this time.</param>
/// <param name="ProbeThen">Median probe at the time of the last verdict: only a much better one is news.</param>
public readonly record struct ExplorationRecord(int Failures, TimeSpan NotBefore, TimeSpan? ProbeThen);

/// <summary>What traffic last said of an endpoint; it holds while the endpoint is dormant.</summary>
/// <param name="P50">Median.</param>
/// <param name="P99">99th percentile, failures ranked as slower than any answer.</param>
/// <param name="Samples">Samples behind both.</param>
/// <param name="At">When, on the decision's monotonic time.</param>
public sealed record Verdict(TimeSpan P50, TimeSpan P99, long Samples, TimeSpan At);

/// <summary>What came of an endpoint since it began to answer far slower than its peers.</summary>
/// <param name="Since">The first evaluation that saw it, on the decision's monotonic time.</param>
/// <param name="Evaluations">Evaluations with such answers, or requests that wait for them; 0 when it is not slow.</param>
/// <param name="Slow">Samples far slower than the peers' middle, those in flight not included.</param>
/// <param name="Fast">The other samples.</param>
/// <param name="WaitingBefore">Requests without an answer that may have come before.</param>
/// <param name="PeersAnswered">What the middle one of its peers answered since the first of these evaluations.</param>
public readonly record struct SlownessRecord(
    TimeSpan Since, int Evaluations, long Slow, long Fast, long WaitingBefore, long PeersAnswered);

/// <summary>What the decision remembers of one endpoint.</summary>
public sealed record EndpointRecord
{
    /// <summary>An endpoint never seen before: it takes part.</summary>
    public static EndpointRecord New { get; } = new() { Admitted = true };

    /// <summary>Whether it was given traffic by choice (guards may have added it all the same).</summary>
    public bool Admitted { get; init; }

    /// <summary>
    /// Whether a guard keeps it in use although it is not admitted: then it is judged by the traffic that it gets, and when the guard lets
    /// go of many at once they leave step by step.
    /// </summary>
    public bool HeldInUse { get; init; }

    /// <summary>Since when it has answered nothing while requests waited; null when it answers.</summary>
    public TimeSpan? SilentSince { get; init; }

    /// <summary>Requests that came since then and wait, or waited until they ended without service.</summary>
    public long CameSilent { get; init; }

    /// <summary>Whether its latency was ever measured on traffic; false is "new".</summary>
    public bool Measured { get; init; }

    /// <summary>What traffic last said.</summary>
    public Verdict? Verdict { get; init; }

    /// <summary>Its usual median latency: the best so far, beyond error; null before it was first ranked.</summary>
    public TimeSpan? Usual { get; init; }

    /// <summary>It is not judged on anything measured before this time.</summary>
    public TimeSpan EvidenceFrom { get; init; }

    /// <summary>Evaluations in a row, with new evidence, that asked for a change of its verdict.</summary>
    public int Persisted { get; init; }

    /// <summary>The weight that it was given last, above 0 and at most 1; 1 while it has no traffic.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Evaluations in a row, with new evidence, in which a smaller weight was wanted for it than it has.</summary>
    public int WantedLess { get; init; }

    /// <summary>What came since it began to be slow, if it has.</summary>
    public SlownessRecord Slowness { get; init; }

    /// <summary>Its circuit breaker.</summary>
    public BreakerRecord Breaker { get; init; }

    /// <summary>Its pause before the next trial.</summary>
    public ExplorationRecord Exploration { get; init; }
}

/// <summary>
/// All that a policy's decisions remember from one evaluation to the next; a value, replaced as a whole once the decision was written.
/// All times are those of the monotonic <c>now</c> that <see cref="PolicyDecision.Decide"/> was given.
/// </summary>
public sealed record PolicyState
{
    /// <summary>Nothing decided yet: every endpoint is new.</summary>
    public static PolicyState Initial { get; } = new();

    /// <summary>The endpoints, by pod UID.</summary>
    public EndpointRecordDictionary Endpoints { get; init; } = EndpointRecordDictionary.Empty;

    /// <summary>Time of the last evaluation; null before the first. Windows of fresh evidence begin here.</summary>
    public TimeSpan? LastEvaluation { get; init; }

    /// <summary>What is remembered of each set of endpoints that is decided by itself, by the name of its routing domain.</summary>
    public ImmutableSortedDictionary<string, DomainState> Domains { get; init; } =
        ImmutableSortedDictionary.Create<string, DomainState>(StringComparer.Ordinal);

    /// <summary>
    /// State for a selection that is found in place (after a restart without stored state): what was selected stays, what was not is
    /// dormant, and nothing is "new", so that the first decision changes nothing.
    /// </summary>
    /// <param name="selected">Keys of the endpoints that get traffic.</param>
    /// <param name="all">Keys of all ready endpoints.</param>
    public static PolicyState FromSelection(IReadOnlySet<string> selected, IEnumerable<string> all) => new()
    {
        Endpoints = EndpointRecordDictionary.From(all.Distinct(StringComparer.Ordinal).Select(key =>
            KeyValuePair.Create(key, new EndpointRecord { Admitted = selected.Contains(key), Measured = true }))),
    };

    /// <summary>What is remembered of a routing domain; of one never seen, nothing.</summary>
    public DomainState Of(string domain) => Domains.GetValueOrDefault(domain) ?? DomainState.Initial;

    /// <summary>Nothing measured before this time may be used to judge the endpoint: the window is to be cut there.</summary>
    public TimeSpan EvidenceFrom(string key) => Endpoints.TryGetValue(key, out var known) ? known.EvidenceFrom : TimeSpan.Zero;
}
