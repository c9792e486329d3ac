using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Boards;
using Aviator.Controller.Status;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;

namespace Aviator.Tests.Unit.Autoscaling;

/// <summary>A Service whose policy a test evaluates.</summary>
/// <param name="name">The Service's name; its policy is called after it.</param>
/// <param name="ns">The namespace.</param>
/// <param name="interval">Time between two evaluations.</param>
internal sealed class MeasuredService(string name, string ns = "shop", string interval = "5s")
{
    private static readonly ConditionVerdict No = new(false, "Measured", "Measurements are there.");

    private static readonly PolicyConditions Fine = new(
        new(true, "Accepted", "The Service is this policy's."), new(true, ConditionReason.Steering, "It is steered."),
        new(false, "Measured", "Measurements are there."), new(false, "Enough", "There is traffic."));

    private PolicySummary? _summary;

    public AviatorPolicy Policy { get; } = new()
    {
        Metadata = new() { NamespaceProperty = ns, Name = $"{name}-policy", Uid = $"uid-{ns}-{name}", Generation = 1 },
        Spec = new() { TargetRef = new() { Name = name }, EvaluationInterval = interval },
    };

    /// <summary>Evaluates it.</summary>
    public MeasuredService Evaluate(IBoardSink sink, double? p99Ms, LoadSummary? load)
    {
        _summary = new()
        {
            Total = 3,
            Active = 2,
            Ejected = 0,
            Average = null,
            P99 = p99Ms is { } ms ? TimeSpan.FromMilliseconds(ms) : null,
            Coverage = 1,
            Load = load,
            Degraded = No,
            InsufficientTraffic = No,
            Rows = [],
        };
        return Show(sink);
    }

    /// <summary>Looks at it once more, between two evaluations.</summary>
    public MeasuredService Show(IBoardSink sink)
    {
        sink.Show(Policy, Fine, _summary, LatencySource.Ebpf, kernel: null);
        return this;
    }

    /// <summary>It is not evaluated any more: another policy has the Service.</summary>
    public void Lose(IBoardSink sink) => sink.Show(Policy, Fine, null, null, kernel: null);
}
