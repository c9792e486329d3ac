using System.Text;
using Aviator.Core.Decisions;
using Aviator.Core.Decisions.Selection;
using Aviator.Core.Measurement;
using FsCheck.Xunit;
using Xunit;

namespace Aviator.Tests.Core;

/// <summary>
/// What must hold of every decision, however strange the input: each property follows a policy through random evaluations.
/// </summary>
public sealed class PolicyDecisionProperties
{
    private const int Steps = 12;

    [Property(MaxTest = 80)]
    public void Decide_AnyOrderOfInput_SameOutcome(int seed) => Follow(seed, (settings, seen, state, now, random) =>
    {
        var shuffled = seen.OrderBy(_ => random.Next()).ToList();
        var (one, other) = (PolicyDecision.Decide(settings, seen, state, now, 7), PolicyDecision.Decide(settings, shuffled, state, now, 7));
        Assert.Equal(Describe(one, now), Describe(other, now));
        return one;
    });

    [Property(MaxTest = 80)]
    [Trait("Catalogue", "20")]
    public void Decide_AnyInput_KeepsTheGuards(int seed) => Follow(seed, (settings, seen, state, now, _) =>
    {
        var outcome = PolicyDecision.Decide(settings, seen, state, now, 7);
        var active = outcome.Decision.Endpoints.Values.Count(verdict => verdict.Weight > 0);
        Assert.Equal(seen.Select(one => one.Key).Order(), outcome.Decision.Endpoints.Keys.Order());
        Assert.InRange(active, Math.Min(settings.Safety.MinEndpoints, seen.Count), seen.Count);
        Assert.All(outcome.Decision.Endpoints.Values, verdict => Assert.NotEmpty(verdict.Reason));
        Assert.Equal(active, outcome.Summary.Active);
        Assert.Equal(seen.Count, outcome.Summary.Rows.Count);
        return outcome;
    });

    /// <summary>Who is in use does not depend on whether weights are carried out, and no weight drives the load to a few.</summary>
    [Property(MaxTest = 150)]
    public void Decide_AnyInput_WeightsChangeNoSelectionAndStayInTheirBounds(int seed) => Follow(seed, (settings, seen, state, now, _) =>
    {
        var outcome = PolicyDecision.Decide(settings, seen, state, now, 7);
        var other = PolicyDecision.Decide(settings with { CarriesWeights = !settings.CarriesWeights }, seen, state, now, 7);
        Assert.Equal(Selection(outcome), Selection(other));
        var (with, without) = settings.CarriesWeights ? (outcome, other) : (other, outcome);
        Assert.All(without.Decision.Endpoints.Values, verdict => Assert.True(verdict.Weight is 0 or 1));
        Assert.All(with.Decision.Endpoints.Values, verdict => Assert.InRange(verdict.Weight, 0, 1));
        var trial = with.Next.Of("").Trial?.Key;
        var serving = with.Decision.Endpoints.Values.Where(verdict => verdict.Weight > 0 && verdict.Key != trial)
            .Select(verdict => verdict.Weight).ToList();
        if (serving.Count > 0) Assert.InRange(serving.Max() / serving.Sum() * serving.Count, 0, 1.5 + 1e-9);
        return outcome;
    });

    /// <summary>prequal says how much, and never who.</summary>
    [Property(MaxTest = 150)]
    public void Decide_Prequal_SelectsAsAdaptive(int seed) => Follow(seed, (settings, seen, state, now, _) =>
    {
        var prequal = PolicyDecision.Decide(WithMode(settings, SelectionModes.Prequal), seen, state, now, 7);
        var adaptive = PolicyDecision.Decide(WithMode(settings, SelectionModes.Adaptive), seen, state, now, 7);
        Assert.Equal(Selection(adaptive), Selection(prequal));
        if (!settings.CarriesWeights) Assert.Equal(Describe(adaptive, now), Describe(prequal, now));
        return prequal;
    });

    [Property(MaxTest = 80)]
    [Trait("Catalogue", "6")]
    public void Decide_AnyInput_KeepsTheEjectionBudget(int seed) => Follow(seed, (settings, seen, state, now, _) =>
    {
        var outcome = PolicyDecision.Decide(settings, seen, state, now, 7);
        var ejected = outcome.Summary.Ejected - (outcome.Next.Of("").Trial is { } trial &&
            outcome.Next.Endpoints[trial.Key].Breaker.Phase != BreakerPhase.Closed ? 1 : 0);
        if (ejected > 0 && (seen.Count - ejected) * 100 < settings.Safety.PanicThreshold * seen.Count &&
            outcome.Summary.Degraded.Reason is not "WaitingForReports")
            Assert.Equal(seen.Count, outcome.Summary.Active);
        return outcome;
    });

    [Property(MaxTest = 80)]
    public void Decide_NoNewEvidenceAndNoTimePassed_SameSelection(int seed) => Follow(seed, (settings, seen, state, now, _) =>
    {
        var first = PolicyDecision.Decide(settings, seen, state, now, 7);
        var again = seen.Select(one =>
            one with { Fresh = MeasuredWindow.Empty, Window = first.Next.EvidenceFrom(one.Key) == now ? MeasuredWindow.Empty : one.Window })
                .ToList();
        var second = PolicyDecision.Decide(settings, again, first.Next, now, 8);
        Assert.Equal(Selection(first), Selection(second));
        // Where windows were cut, less of the load is known.
        if (!seen.Exists(one => first.Next.EvidenceFrom(one.Key) == now)) Assert.Equal(Weights(first), Weights(second));
        return first;
    });

    [Property(MaxTest = 60)]
    public void Decide_AnyInput_LeavesItAsItWas(int seed) => Follow(seed, (settings, seen, state, now, _) =>
    {
        var (before, stateBefore) = (Print(seen), Encoding.UTF8.GetString(PolicyStateCodec.Write(state, now)));
        var outcome = PolicyDecision.Decide(settings, seen, state, now, 7);
        Assert.Equal(before, Print(seen));
        Assert.Equal(stateBefore, Encoding.UTF8.GetString(PolicyStateCodec.Write(state, now)));
        return outcome;
    });

    [Property(MaxTest = 60)]
    public void Codec_AnyState_IsReadBackOnAnotherClock(int seed) => Follow(seed, (settings, seen, state, now, random) =>
    {
        var outcome = PolicyDecision.Decide(settings, seen, state, now, 7);
        var elsewhere = TimeSpan.FromSeconds(random.Next(1, 100_000)) + TimeSpan.FromTicks(3);
        var stored = PolicyStateCodec.Write(outcome.Next, now);
        var read = PolicyStateCodec.Read(stored, elsewhere, out var fault);
        Assert.Equal("", fault);
        Assert.Equal(stored, PolicyStateCodec.Write(read!, elsewhere));
        var same = PolicyStateCodec.Read(stored, now, out _)!;
        Assert.Equal(outcome.Next with { Endpoints = same.Endpoints, Domains = same.Domains }, same);
        Assert.Equal(outcome.Next.Domains.AsEnumerable(), same.Domains);
        Assert.Equal(outcome.Next.Endpoints.AsEnumerable(), same.Endpoints);
        return outcome;
    });

    [Property(MaxTest = 500)]
    public void Codec_AnyBytes_AreReadOrRefused(byte[] bytes) =>
        Assert.True(PolicyStateCodec.Read(bytes, TimeSpan.FromSeconds(1), out var fault) is not null || fault.Length > 0);

    private static void Follow(int seed, Func<PolicySettings, List<EndpointObservation>, PolicyState, TimeSpan, Random, PolicyOutcome> step)
    {
        var random = new Random(seed);
        var settings = Generated.Settings(random);
        Assert.Empty(PolicySettingsValidator.Validate(settings));
        var (seen, state, now) = (Generated.Endpoints(random), PolicyState.Initial, TimeSpan.FromSeconds(10));
        for (var i = 0; i < Steps; i++)
        {
            state = step(settings, seen, state, now, random).Next;
            now += settings.EvaluationInterval * (random.Next(20) == 0 ? 50 : 1);
            seen = Generated.Evolve(random, seen);
        }
    }

    private static PolicySettings WithMode(PolicySettings settings, ISelectionMode mode) =>
        settings with { Selection = settings.Selection with { Mode = mode } };

    private static List<string> Selection(PolicyOutcome outcome) =>
        [.. outcome.Decision.Endpoints.Values.Where(verdict => verdict.Weight > 0).Select(verdict => verdict.Key).Order()];

    /// <summary>Of what serves: a trial's share follows the rates, of which nothing is known when nothing is new.</summary>
    private static List<(string Key, double Weight)> Weights(PolicyOutcome outcome) =>
        [.. outcome.Decision.Endpoints.Values.Where(verdict => verdict.State != EndpointState.Trial)
            .Select(verdict => (verdict.Key, verdict.Weight)).Order()];

    private static string Describe(PolicyOutcome outcome, TimeSpan now) =>
        string.Join('\n', outcome.Decision.Endpoints.Values.OrderBy(verdict => verdict.Key).Select(verdict => verdict.ToString())
            .Concat(outcome.Summary.Rows.Select(row => row.ToString())).Append((outcome.Summary with { Rows = [] }).ToString())
            .Append(Encoding.UTF8.GetString(PolicyStateCodec.Write(outcome.Next, now))));

    private static string Print(IEnumerable<EndpointObservation> seen) => string.Join('\n', seen.Select(one =>
        $"{one} {Counts(one.Window.Latency)} {Counts(one.Fresh.Latency)} " +
        $"{string.Join(',', one.Probe.Recent)}"));

    private static string Counts(LatencyHistogram latency) => $"{latency.FirstBucket}:{string.Join(',', latency.FilledCounts.ToArray())}";
}
