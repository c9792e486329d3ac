using System.Collections.Immutable;
using Aviator.Core.Measurement;

namespace Aviator.Core.Decisions;

/// <summary>Builds the outcome of an evaluation whose stages have run: verdicts, state to remember, and what the status shows.</summary>
internal static class OutcomeBuilder
{
    /// <summary>The outcome of the evaluation of all domains.</summary>
    public static PolicyOutcome Build(IReadOnlyList<EvaluationContext> domains)
    {
        var verdicts = new Dictionary<string, EndpointDecision>(domains.Sum(domain => domain.Endpoints.Count), StringComparer.Ordinal);
        foreach (var verdict in domains.SelectMany(BuildVerdicts)) verdicts.Add(verdict.Key, verdict);
        var summary = BuildSummary(domains, verdicts);
        return new PolicyOutcome(new Decision(verdicts), BuildState(domains, summary.InsufficientTraffic), summary);
    }

    private static IEnumerable<EndpointDecision> BuildVerdicts(EvaluationContext context)
    {
        var patience = new Patience(context);
        return context.Endpoints.Select(endpoint => BuildVerdict(context, patience, endpoint));
    }

    private static EndpointDecision BuildVerdict(EvaluationContext context, Patience patience, EndpointEvaluation endpoint)
    {
        var (state, reason) = (VerdictText.StateOf(context, endpoint), VerdictText.Explain(context, patience, endpoint));
        var breaker = BreakerMark.FromRecord(endpoint.Record.Breaker);
        return new EndpointDecision(endpoint.Key, endpoint.Share, state, reason)
        {
            Breaker = breaker,
            Canary = endpoint.Observed.Canary,
        };
    }

    private static PolicyState BuildState(IReadOnlyList<EvaluationContext> domains, ConditionVerdict traffic) => new()
    {
        LastEvaluation = domains[0].Now,
        Endpoints = EndpointRecordDictionary.From(domains.SelectMany(domain => domain.Endpoints)
            .Select(endpoint => KeyValuePair.Create(endpoint.Key, RememberEndpoint(endpoint)))),
        Domains = domains.ToImmutableSortedDictionary(
            domain => domain.Domain, domain => RememberDomain(domain, traffic), StringComparer.Ordinal),
    };

    private static EndpointRecord RememberEndpoint(EndpointEvaluation endpoint)
    {
        var (held, weight) = (endpoint.Forced && !endpoint.Record.Admitted, endpoint.InUse ? endpoint.Weight : 1);
        return endpoint.Record.HeldInUse == held && endpoint.Record.Weight.Equals(weight)
            ? endpoint.Record
            : endpoint.Record with { HeldInUse = held, Weight = weight };
    }

    private static DomainState RememberDomain(EvaluationContext context, ConditionVerdict traffic) => context.State with
    {
        Trial = context.State.Trial is { } trial && context.Endpoints.Any(endpoint => endpoint.Key == trial.Key) ? trial : null,
        TooFewSamples = traffic.Reason == DecisionReason.TooFewSamples,
    };

    private static PolicySummary BuildSummary(IReadOnlyList<EvaluationContext> domains, Dictionary<string, EndpointDecision> verdicts)
    {
        var endpoints = domains.SelectMany(domain => domain.Endpoints).ToList();
        var active = endpoints.Where(endpoint => endpoint.Share > 0).ToList();
        var merged = LatencyHistogram.Sum(active.Select(endpoint => endpoint.AnyEvidence?.Latency ?? endpoint.Observed.Window.Latency));
        var measured = endpoints.Sum(endpoint => endpoint.Observed.Window.Latency.Count);
        var unmeasured = endpoints.Sum(endpoint => endpoint.Observed.Window.Unmeasured);
        var outOfSight = endpoints.Sum(endpoint => endpoint.Observed.Window.WithoutStatus);
        return new PolicySummary
        {
            Total = endpoints.Count,
            Active = active.Count,
            Ejected = endpoints.Count(endpoint => endpoint.Ejected),
            Average = merged.Mean(),
            P99 = merged.Quantile(0.99),
            Coverage = measured + unmeasured == 0 ? null : (double)measured / (measured + unmeasured),
            StatusCoverage = measured == 0 ? null : 1 - ((double)outOfSight / measured),
            Load = LoadSummary.Measure(domains),
            Degraded = JudgeDegraded(domains),
            InsufficientTraffic = TrafficVerdict.Of(domains, outOfSight, measured),
            Gain = domains[0].Settings is { EstimatesGain: true, Source: LatencySource.Ebpf } ? GainEstimate.Of(endpoints) : null,
            Rows = BuildRows(endpoints, verdicts, domains[0].Now),
        };
    }

    /// <summary>What is ejected first, then the slowest.</summary>
    private static EndpointRow[] BuildRows(
        List<EndpointEvaluation> endpoints, Dictionary<string, EndpointDecision> verdicts, TimeSpan now)
    {
        var rows = endpoints.Select(endpoint => BuildRow(endpoint, verdicts[endpoint.Key], now)).ToArray();
        var keys = Array.ConvertAll(rows, row => (row.State != EndpointState.Ejected, -(row.P99 ?? TimeSpan.Zero).Ticks));
        TwoLevelSort.Sort(rows, keys, static (one, other) =>
        {
            var order = string.CompareOrdinal(one.Name, other.Name);
            return order == 0 ? string.CompareOrdinal(one.Key, other.Key) : order;
        });
        return rows;
    }

    /// <summary>The verdict of the largest domain that is degraded, by its name; of any when none is.</summary>
    private static ConditionVerdict JudgeDegraded(IReadOnlyList<EvaluationContext> domains)
    {
        var degraded = domains.Where(domain => domain.Degraded.IsTrue).OrderByDescending(domain => domain.Endpoints.Count).ToList();
        if (degraded.Count == 0) return domains[0].Degraded;
        var worst = degraded[0];
        if (worst.Domain.Length == 0) return worst.Degraded;
        var others = degraded.Count == 1 ? "" : $" So it is in {degraded.Count} of {domains.Count}.";
        return worst.Degraded with { Message = $"In {worst.Domain}: {worst.Degraded.Message}{others}" };
    }

    private static EndpointRow BuildRow(EndpointEvaluation endpoint, EndpointDecision verdict, TimeSpan now)
    {
        var breaker = endpoint.Record.Breaker;
        var known = endpoint.Evidence ?? (endpoint.AnyEvidence is { Count: > 0 } few ? few : null);
        var remembered = endpoint.Record.Verdict;
        return new EndpointRow(
            endpoint.Key,
            endpoint.Observed.Name,
            endpoint.Observed.Address,
            known?.P50 ?? remembered?.P50,
            known?.P99 ?? remembered?.P99,
            known?.Count ?? remembered?.Samples ?? 0,
            endpoint.Observed.Rif,
            verdict.State,
            verdict.Weight > 0,
            verdict.Reason)
        {
            Weight = verdict.Weight,
            Rate = endpoint.Observed.Window.Rate,
            OpenFor = breaker.Phase == BreakerPhase.Open && breaker.OpenUntil > now ? breaker.OpenUntil - now : null,
            Engine = endpoint.Observed.Engine,
        };
    }
}
