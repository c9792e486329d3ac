using Aviator.Controller.Api.V1Alpha1;
using Aviator.Core;
using Aviator.Core.Decisions;
using Aviator.Core.Decisions.Selection;
using Aviator.Core.Measurement;
using Aviator.Kubernetes;

namespace Aviator.Controller.Policies;

/// <summary>Reads a spec into terms, or says all that is wrong with it at once. Pure.</summary>
internal static class SpecReader
{
    /// <summary>A node is sent an order every second: one that comes late by a moment must not end its steering.</summary>
    private static readonly TimeSpan ShortestFailOpen = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestFailOpen = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The terms, with <paramref name="faults"/> empty; or null and one sentence for each fault, beginning with the field's name.
    /// </summary>
    public static PolicyTerms? Read(AviatorPolicySpec spec, out IReadOnlyList<string> faults)
    {
        var found = new List<string>();
        faults = found;
        if (spec.Unreadable is { } unreadable)
        {
            found.Add(unreadable);
            return null;
        }

        if (spec.TargetRef.Kind != "Service") found.Add($"spec.targetRef.kind: \"{spec.TargetRef.Kind}\" is not known; use Service");
        if (spec.TargetRef.Name.Length == 0) found.Add("spec.targetRef.name: is required");
        var port = spec.TargetRef.Port?.Value;
        if (port is { Length: 0 } || (int.TryParse(port, out var number) && number is < 1 or > 65535))
            found.Add($"spec.targetRef.port: \"{port}\" is neither a name nor 1 to 65535");
        if (spec.TargetPort is < 1 or > 65535) found.Add($"spec.targetPort: {spec.TargetPort} is not a port; use 1 to 65535");
        if (!RequestPath.IsValid(spec.Probe.Path)) found.Add(NoPath("spec.probe.path", spec.Probe.Path));

        var routing = Word(
            "spec.routing", spec.Routing, found,
            ("Service", PolicyRouting.Service), ("Shadow", PolicyRouting.Shadow), ("Kernel", PolicyRouting.Kernel),
            ("KernelAndService", PolicyRouting.KernelAndService));
        // EndpointSlices say in or out, the kernels take any weight.
        var canary = Canary(spec.Canary, routing, found);
        var mode = Word("spec.mode", spec.Mode, found, ("Enforce", PolicyMode.Enforce), ("Observe", PolicyMode.Observe));
        var settings = Settings(spec, found) with
        {
            CarriesWeights = routing.OrdersKernels(),
            CanaryShare = canary?.Share,
            EstimatesGain = mode == PolicyMode.Observe,
        };
        var terms = new PolicyTerms(
            spec.TargetRef.Name,
            port,
            mode,
            routing,
            settings.Source,
            settings)
        {
            Kernel = new(
                FailOpenAfter(spec.Kernel.FailOpenAfter, found),
                Closes("spec.connections.onEject", spec.Connections.OnEject, "Keep", "CloseIdle", routing, found),
                Closes("spec.connections.rebalance", spec.Connections.Rebalance, "None", "Gentle", routing, found))
            {
                BesideSlices = routing == PolicyRouting.KernelAndService,
                ReadsEngines = settings.Engine is not null,
            },
            Canary = canary,
        };
        // A range says little about a value that could not even be read.
        if (found.Count == 0) found.AddRange(PolicySettingsValidator.Validate(settings));
        return found.Count == 0 ? terms : null;
    }

    private static CanaryTerms? Canary(CanarySpec? canary, PolicyRouting routing, List<string> faults)
    {
        if (canary is null) return null;
        if (canary.Selector.MatchLabels.Count == 0)
            faults.Add("spec.canary.selector.matchLabels: is empty; name the labels of the new version's pods, as version: v2");
        if (canary.Weight is < 0 or > 100) faults.Add($"spec.canary.weight: {canary.Weight} is out of range; use 0 to 100, in percent");
        if (!routing.OrdersKernels())
            faults.Add("spec.canary: needs spec.routing: Kernel or KernelAndService; EndpointSlices say in or out, and carry no weight");
        return new(new(canary.Selector.MatchLabels), canary.Weight / 100.0);
    }

    /// <summary>With what would break a line of status or log shown as a question mark.</summary>
    private static string Visible(string text) => string.Concat(text.Select(letter => char.IsControl(letter) ? '?' : letter));

    private static PolicySettings Settings(AviatorPolicySpec spec, List<string> faults) => new()
    {
        LatencyThreshold = Time("spec.latencyThreshold", spec.LatencyThreshold, faults),
        EvaluationInterval = Time("spec.evaluationInterval", spec.EvaluationInterval, faults),
        Source = Word("spec.latencySource", spec.LatencySource, faults, ("ebpf", LatencySource.Ebpf), ("probe", LatencySource.Probe)),
        Engine = spec.Engine is { } engine ? Engine(engine, faults) : null,
        Selection = new()
        {
            Mode = Word("spec.selection.mode", spec.Selection.Mode, faults, [.. SelectionModes.All.Select(mode => (mode.Name, mode))]),
            TopN = spec.Selection.TopN,
            Percentage = spec.Selection.Percentage,
        },
        Breaker = new()
        {
            Enabled = spec.CircuitBreaker.Enabled,
            P99Threshold = Time("spec.circuitBreaker.p99Threshold", spec.CircuitBreaker.P99Threshold, faults),
            ConsecutiveViolations = spec.CircuitBreaker.ConsecutiveViolations,
            RecoveryInterval = Time("spec.circuitBreaker.recoveryInterval", spec.CircuitBreaker.RecoveryInterval, faults),
        },
        Dampening = new()
        {
            Enabled = spec.Dampening.Enabled,
            ThresholdPercent = spec.Dampening.ThresholdPercent,
            ConsecutiveIntervals = spec.Dampening.ConsecutiveIntervals,
        },
        Measurement = new()
        {
            Window = Time("spec.measurement.window", spec.Measurement.Window, faults),
            MinSamples = spec.Measurement.MinSamples,
            MaxWindow = Time("spec.measurement.maxWindow", spec.Measurement.MaxWindow, faults),
        },
        Safety = new() { MinEndpoints = spec.Safety.MinEndpoints, PanicThreshold = spec.Safety.PanicThreshold },
    };

    private static InferenceEngine Engine(EngineSpec engine, List<string> faults)
    {
        if (engine.Port is < 1 or > 65535) faults.Add($"spec.engine.port: {engine.Port} is not a port; use 1 to 65535");
        if (engine.Path is { } path && !RequestPath.IsValid(path)) faults.Add(NoPath("spec.engine.path", path));
        return Word("spec.engine.type", engine.Type, faults, [.. InferenceEngines.All]);
    }

    private static string NoPath(string field, string path) =>
        $"{field}: \"{Visible(path)}\" cannot be asked for; begin with /, and write what is not visible ASCII as %XX (a space as %20)";

    private static TimeSpan FailOpenAfter(string text, List<string> faults)
    {
        const string Field = "spec.kernel.failOpenAfter";
        var before = faults.Count;
        var time = Time(Field, text, faults);
        if (faults.Count == before && (time < ShortestFailOpen || time > LongestFailOpen))
            faults.Add($"{Field}: {text} is out of range; use 1s to 1m");
        return time;
    }

    /// <summary>Which connections were given to an endpoint is known of those alone that the node's kernel gave.</summary>
    private static bool Closes(string field, string text, string no, string yes, PolicyRouting routing, List<string> faults)
    {
        var close = Word(field, text, faults, (no, false), (yes, true));
        if (close && !routing.OrdersKernels())
            faults.Add($"{field}: {yes} needs spec.routing: Kernel or KernelAndService; use one of them, or {no}");
        return close;
    }

    private static TimeSpan Time(string field, string text, List<string> faults)
    {
        if (!GoDuration.TryParse(text, out var time, out var error)) faults.Add($"{field}: {error}");
        return time;
    }

    private static T Word<T>(string field, string text, List<string> faults, params ReadOnlySpan<(string Text, T Value)> known)
    {
        foreach (var (word, value) in known)
        {
            if (word == text) return value;
        }

        var words = new List<string>();
        foreach (var (word, _) in known) words.Add(word);
        faults.Add($"{field}: \"{text}\" is not known to this version; use {string.Join(" or ", words)}");
        return known[0].Value;
    }
}
