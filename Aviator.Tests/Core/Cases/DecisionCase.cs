using System.Text.Json;
using System.Text.Json.Serialization;
using Aviator.Core;
using Aviator.Core.Decisions;
using Aviator.Core.Decisions.Selection;
using Aviator.Core.Measurement;

namespace Aviator.Tests.Core.Cases;

/// <summary>A golden case's input: settings, and steps of observations; endpoints stay as they were until a step says otherwise.</summary>
internal sealed record DecisionCase(string About, int[] Catalogue, CaseSettings Settings, CaseStep[] Steps)
{
    private static readonly JsonSerializerOptions Json =
        new(JsonSerializerDefaults.Web)
        {
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            Converters = { new JsonStringEnumConverter() },
        };

    public static DecisionCase Read(string path) => JsonSerializer.Deserialize<DecisionCase>(File.ReadAllText(path), Json)!;

    /// <summary>Plays the case; one entry for each evaluation: state, weight and reason of every endpoint, and the conditions.</summary>
    public IEnumerable<SortedDictionary<string, string>> Play()
    {
        var (settings, state, now) = (Settings.ToSettings(), PolicyState.Initial, TimeSpan.Zero);
        var endpoints = new SortedDictionary<string, CaseEndpoint>(StringComparer.Ordinal);
        foreach (var step in Steps)
        {
            foreach (var (name, endpoint) in step.Endpoints)
                if (endpoint is null) endpoints.Remove(name);
                else endpoints[name] = endpoint;
            for (var i = 0; i < step.Repeat; i++)
            {
                now += settings.EvaluationInterval;
                var outcome = PolicyDecision.Decide(settings, [.. endpoints.Select(pair => pair.Value.Observe(pair.Key, settings))], state,
                    now, seed: 1);
                state = outcome.Next;
                yield return Describe(outcome, now);
            }
        }
    }

    private static SortedDictionary<string, string> Describe(PolicyOutcome outcome, TimeSpan now)
    {
        var lines = new SortedDictionary<string, string>(StringComparer.Ordinal) { [" at"] = GoDuration.Format(now) };
        if (outcome.Summary.Degraded.IsTrue) lines[" Degraded"] = $"{outcome.Summary.Degraded.Reason}: {outcome.Summary.Degraded.Message}";
        if (outcome.Summary.InsufficientTraffic.IsTrue)
            lines[" InsufficientTraffic"] = $"{outcome.Summary.InsufficientTraffic.Reason}: {outcome.Summary.InsufficientTraffic.Message}";
        foreach (var verdict in outcome.Decision.Endpoints.Values)
            lines[verdict.Key] = $"{(verdict.Weight > 0 ? "in " : "out")} {verdict.State}, {verdict.Reason}";
        return lines;
    }
}

/// <summary>The settings that differ from the defaults.</summary>
internal sealed record CaseSettings(
    string? Mode, string? Threshold, int? Percentage, string? Interval, string? Breaker, string? Recovery, int? MinEndpoints, int? Panic,
        int? MinSamples, string? Source, bool? Weights)
{
    public PolicySettings ToSettings() => new()
    {
        EvaluationInterval = GoDuration.Parse(Interval ?? "5s"),
        LatencyThreshold = GoDuration.Parse(Threshold ?? "100ms"),
        Source = Source == "probe" ? LatencySource.Probe : LatencySource.Ebpf,
        Selection = new() { Mode = SelectionModes.All.Single(mode => mode.Name == (Mode ?? "percentage")), Percentage = Percentage ?? 50 },
        Breaker = new()
        {
            Enabled = Breaker is not null,
            P99Threshold = GoDuration.Parse(Breaker ?? "500ms"),
            RecoveryInterval = GoDuration.Parse(Recovery ?? "30s")
        },
        Measurement = new() { MinSamples = MinSamples ?? 20 },
        Safety = new() { MinEndpoints = MinEndpoints ?? 2, PanicThreshold = Panic ?? 50 },
        CarriesWeights = Weights ?? false,
    };
}

/// <summary>What changes, and how many evaluations follow.</summary>
internal sealed record CaseStep(int Repeat, Dictionary<string, CaseEndpoint?> Endpoints);

/// <summary>One endpoint as every evaluation of the step sees it.</summary>
internal sealed record CaseEndpoint(Dictionary<string, int>? Latency, long? Failures, long? Unmeasured, long? Rif, string? Oldest,
    string?[]? Probes, string? Report, long? ClientErrors, long? Throttled, MeasuringObstacle? Obstacle)
{
    public EndpointObservation Observe(string name, PolicySettings settings)
    {
        var samples = (Latency ?? []).SelectMany(pair => Enumerable.Repeat(GoDuration.Parse(pair.Key), pair.Value));
        var window = new MeasuredWindow(LatencyHistogram.FromSamples(samples), Failures ?? 0, Unmeasured ?? 0, settings.EvaluationInterval)
        {
            Statuses = new(samples.Count() - (ClientErrors ?? 0) - (Throttled ?? 0), 0, ClientErrors ?? 0, Throttled ?? 0),
        };
        return new EndpointObservation
        {
            Key = name,
            Name = name,
            Address = name,
            Node = "node-of-" + name,
            Window = window,
            Fresh = window,
            Rif = Rif ?? 0,
            Obstacle = Obstacle ?? MeasuringObstacle.None,
            OldestInFlight = GoDuration.Parse(Oldest ?? "0"),
            Report = Enum.Parse<ReportFreshness>(Report ?? "fresh", ignoreCase: true),
            ReportAge = Report == "stale" ? TimeSpan.FromSeconds(20) : TimeSpan.FromSeconds(1),
            Probe = Probes is null ? ProbeObservation.None
                : new ProbeObservation([.. Probes.Select(probe => probe is null ? (TimeSpan?)null : GoDuration.Parse(probe))],
                TimeSpan.FromSeconds(1)),
        };
    }
}
