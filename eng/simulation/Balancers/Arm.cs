using Aviator.Core.Decisions;
using Aviator.Core.Decisions.Selection;
using Aviator.Core.Measurement;

namespace Aviator.Simulation;

/// <summary>
/// A way to serve a Service: a balancer over all ready pods, or Aviator with one of its modes, and chance or the kernel's choice over the
/// rest.
/// </summary>
internal sealed record Arm(string Name)
{
    /// <summary>Aviator's mode; null without Aviator.</summary>
    public ISelectionMode? Mode { get; init; }

    /// <summary>The balancer; null is chance, as kube-proxy has it.</summary>
    public Func<Random, IBalancer>? Balancer { get; init; }

    /// <summary>What a Service without Aviator and without a mesh does; everything is compared with it.</summary>
    public static Arm AllInUse { get; } = new("all in use");

    /// <summary>All, in the order of the report; the modes are those that the product has.</summary>
    public static IReadOnlyList<Arm> All { get; } =
    [
        AllInUse,
        new("round robin") { Balancer = random => new RoundRobin(random) },
        new("least connections") { Balancer = random => new LeastConnections(random) },
        new("P2C least request") { Balancer = random => new LeastRequestOfTwo(random) },
        new("P2C peak EWMA") { Balancer = random => new PeakEwmaOfTwo(random) },
        new("Prequal 0.6") { Balancer = random => new Prequal(random, 0.6) },
        new("Prequal 0.84") { Balancer = random => new Prequal(random, 0.84) },
        new("oracle") { Balancer = _ => new Oracle() },
        // Without weights prequal is adaptive.
        .. SelectionModes.All.Where(mode => mode != SelectionModes.Prequal).Select(mode => new Arm($"Aviator {mode.Name}") { Mode = mode }),
        InKernel("kernel choice alone", null),
        InKernel("Aviator adaptive, kernel", SelectionModes.Adaptive),
        InKernel("Aviator prequal, kernel", SelectionModes.Prequal),
    ];

    /// <summary>Those of the scenarios with inference engines.</summary>
    public static IReadOnlyList<Arm> Inference { get; } =
    [
        AllInUse,
        All.Single(arm => arm.Name == "least connections"),
        All.Single(arm => arm.Name == "P2C least request"),
        new("shortest queue") { Balancer = random => new ShortestQueue(random) },
        All.Single(arm => arm.Name == "kernel choice alone"),
        All.Single(arm => arm.Name == "Aviator prequal, kernel"),
        InKernel("Aviator prequal, kernel, queues", SelectionModes.Prequal) with { ReadsEngines = true },
    ];

    /// <summary>Those of the scenarios with an autoscaler.</summary>
    public static IReadOnlyList<Arm> Autoscaling { get; } =
    [
        AllInUse,
        All.Single(arm => arm.Name == "Aviator adaptive"),
        All.Single(arm => arm.Name == "kernel choice alone"),
        All.Single(arm => arm.Name == "Aviator adaptive, kernel"),
    ];

    /// <summary>Whether the balancer carries out weights between 0 and 1.</summary>
    public bool CarriesWeights { get; init; }

    /// <summary>Whether the policy names the pods' inference engine.</summary>
    public bool ReadsEngines { get; init; }

    /// <summary>The policy of this arm.</summary>
    public PolicySettings? Settings(PolicySettings policy) => Mode is null ? null : policy with
    {
        Selection = policy.Selection with { Mode = Mode },
        CarriesWeights = CarriesWeights,
        Engine = ReadsEngines ? InferenceEngine.VLLM : null,
    };

    private static Arm InKernel(string name, ISelectionMode? mode) =>
        new(name) { Mode = mode, Balancer = random => new ConnectChoice(random), CarriesWeights = true };
}
