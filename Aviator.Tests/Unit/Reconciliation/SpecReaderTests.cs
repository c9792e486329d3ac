using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Policies;
using Aviator.Core.Decisions;
using Aviator.Core.Decisions.Selection;
using Aviator.Core.Measurement;
using Xunit;

namespace Aviator.Tests.Unit.Reconciliation;

public sealed class SpecReaderTests
{
    private static readonly AviatorPolicySpec Good = new() { TargetRef = new() { Name = "web", Port = "http" } };

    [Fact]
    public void Read_Defaults_AreTheCoresOwn()
    {
        var terms = SpecReader.Read(Good, out var faults);
        Assert.Empty(faults);
        Assert.Equal(new PolicyTerms("web", "http", PolicyMode.Enforce, PolicyRouting.Service, LatencySource.Ebpf, new PolicySettings()),
            terms);
    }

    [Fact]
    public void Read_EveryField_ArrivesInTheSettings()
    {
        var terms = SpecReader.Read(
            Good with
            {
                Mode = "Observe",
                Routing = "Shadow",
                LatencySource = "probe",
                LatencyThreshold = "40ms",
                EvaluationInterval = "1m30s",
                Selection = new() { Mode = "topN", TopN = 7, Percentage = 20 },
                CircuitBreaker = new() { Enabled = true, P99Threshold = "2s", ConsecutiveViolations = 5, RecoveryInterval = "1m" },
                Dampening = new() { Enabled = false, ThresholdPercent = 30, ConsecutiveIntervals = 9 },
                Measurement = new() { Window = "20s", MinSamples = 50, MaxWindow = "2m" },
                Safety = new() { MinEndpoints = 4, PanicThreshold = 0 },
            },
            out var faults);
        Assert.Empty(faults);
        Assert.Equal((PolicyMode.Observe, PolicyRouting.Shadow, LatencySource.Probe), (terms!.Mode, terms.Routing, terms.RequestedSource));
        Assert.Equal(
            new PolicySettings
            {
                LatencyThreshold = TimeSpan.FromMilliseconds(40),
                EvaluationInterval = TimeSpan.FromSeconds(90),
                Source = LatencySource.Probe,
                Selection = new() { Mode = SelectionModes.TopN, TopN = 7, Percentage = 20 },
                Breaker = new()
                {
                    Enabled = true,
                    P99Threshold = TimeSpan.FromSeconds(2),
                    ConsecutiveViolations = 5,
                    RecoveryInterval = TimeSpan.FromMinutes(1)
                },
                Dampening = new() { Enabled = false, ThresholdPercent = 30, ConsecutiveIntervals = 9 },
                Measurement = new() { Window = TimeSpan.FromSeconds(20), MinSamples = 50, MaxWindow = TimeSpan.FromMinutes(2) },
                Safety = new() { MinEndpoints = 4, PanicThreshold = 0 },
                EstimatesGain = true,
            },
            terms.Settings);
    }

    [Fact]
    public void Read_ManyFaults_AreAllNamedAtOnce()
    {
        var terms = SpecReader.Read(
            Good with
            {
                TargetRef = new() { Kind = "Ingress", Name = "", Port = "70000" },
                Mode = "Dream",
                TargetPort = 0,
                Selection = new() { Mode = "weighted" },
                EvaluationInterval = "soon",
            },
            out var faults);
        Assert.Null(terms);
        foreach (var field in (string[])["targetRef.kind", "targetRef.name", "targetRef.port", "mode", "targetPort", "selection.mode",
            "evaluationInterval"])
            Assert.Contains(faults, fault => fault.StartsWith($"spec.{field}:", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("50ms")]
    [InlineData("11m")]
    public void Read_IntervalOutOfRange_IsAFault(string interval) =>
        Assert.Contains("spec.evaluationInterval", FaultOf(Good with { EvaluationInterval = interval }), StringComparison.Ordinal);

    [Fact]
    public void Read_Kernel_ArrivesWithItsTime()
    {
        var terms = SpecReader.Read(Good with { Routing = "Kernel", Kernel = new() { FailOpenAfter = "1m" } }, out var faults);
        Assert.Empty(faults);
        Assert.Equal((PolicyRouting.Kernel, TimeSpan.FromMinutes(1)), (terms!.Routing, terms.Kernel.FailOpenAfter));
        Assert.True(terms.Settings.CarriesWeights, "kernels take any weight");
        Assert.False(terms.Kernel.BesideSlices);
        Assert.Equal(TimeSpan.FromSeconds(5), SpecReader.Read(Good, out _)!.Kernel.FailOpenAfter);
    }

    [Fact]
    public void Read_Observe_HasItsGainEstimated()
    {
        Assert.True(SpecReader.Read(Good with { Mode = "Observe" }, out _)!.Settings.EstimatesGain);
        Assert.False(SpecReader.Read(Good with { Mode = "Enforce" }, out _)!.Settings.EstimatesGain);
    }

    [Fact]
    public void Read_KernelAndService_HasWhatBothHave()
    {
        var both = Good with
        {
            Routing = "KernelAndService",
            Kernel = new() { FailOpenAfter = "1m" },
            Connections = new() { OnEject = "CloseIdle", Rebalance = "Gentle" },
        };
        var terms = SpecReader.Read(both, out var faults);
        Assert.Empty(faults);
        Assert.Equal(PolicyRouting.KernelAndService, terms!.Routing);
        Assert.Equal(
            new KernelTerms(TimeSpan.FromMinutes(1), CloseIdle: true, Rebalance: true) { BesideSlices = true }, terms.Kernel);
        Assert.True(terms.Settings.CarriesWeights, "kernels take any weight");
        Assert.False(SpecReader.Read(Good, out _)!.Settings.CarriesWeights);
    }

    [Theory]
    [InlineData("999ms", "spec.kernel.failOpenAfter: 999ms is out of range; use 1s to 1m")]
    [InlineData("61s", "spec.kernel.failOpenAfter: 61s is out of range; use 1s to 1m")]
    [InlineData("soon", "spec.kernel.failOpenAfter: ")]
    public void Read_FailOpenAfterOutOfRange_IsAFault(string text, string fault) =>
        Assert.StartsWith(fault, FaultOf(Good with { Kernel = new() { FailOpenAfter = text } }), StringComparison.Ordinal);

    [Fact]
    public void Read_CloseIdle_NeedsTheKernel()
    {
        var close = Good with { Connections = new() { OnEject = "CloseIdle" } };
        Assert.True(SpecReader.Read(close with { Routing = "Kernel" }, out _)!.Kernel.CloseIdle);
        Assert.False(SpecReader.Read(Good with { Routing = "Kernel" }, out _)!.Kernel.CloseIdle);
        Assert.Equal(
            "spec.connections.onEject: CloseIdle needs spec.routing: Kernel or KernelAndService; use one of them, or Keep", FaultOf(close));
        var move = Good with { Connections = new() { Rebalance = "Gentle" } };
        Assert.True(SpecReader.Read(move with { Routing = "Kernel" }, out _)!.Kernel.Rebalance);
        Assert.Equal(
            "spec.connections.rebalance: Gentle needs spec.routing: Kernel or KernelAndService; use one of them, or None", FaultOf(move));
        Assert.StartsWith("spec.connections.onEject: \"Drop\" is not known",
            FaultOf(Good with { Connections = new() { OnEject = "Drop" } }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vLLM", InferenceEngine.VLLM)]
    [InlineData("SGLang", InferenceEngine.SGLang)]
    [InlineData("TensorRTLLM", InferenceEngine.TensorRTLLM)]
    [InlineData("Triton", InferenceEngine.Triton)]
    public void Read_Engine_ArrivesInTheSettings(string type, InferenceEngine engine)
    {
        var terms = SpecReader.Read(Serving(new() { Type = type, Port = 8002, Path = "/metrics?x=1" }), out var faults);
        Assert.Empty(faults);
        Assert.Equal((engine, true), (terms!.Settings.Engine, terms.Kernel.ReadsEngines));
        var without = SpecReader.Read(Good, out _)!;
        Assert.Equal((null, false), (without.Settings.Engine, without.Kernel.ReadsEngines));
    }

    [Theory]
    [InlineData("TGI", null, null, "spec.engine.type: \"TGI\" is not known to this version; use vLLM or SGLang or TensorRTLLM or Triton")]
    [InlineData("", null, null, "spec.engine.type: \"\" is not known to this version; use vLLM or SGLang or TensorRTLLM or Triton")]
    [InlineData("vLLM", 0, null, "spec.engine.port: 0 is not a port; use 1 to 65535")]
    [InlineData("vLLM", 65536, null, "spec.engine.port: 65536 is not a port; use 1 to 65535")]
    [InlineData("vLLM", null, "metrics", "spec.engine.path: \"metrics\" cannot be asked for; begin with /, and write what is not visible "
        + "ASCII as %XX (a space as %20)")]
    public void Read_EngineThatCannotBeAsked_NamesTheFieldAndTheFix(string type, int? port, string? path, string fault) =>
        Assert.Equal(fault, FaultOf(Serving(new() { Type = type, Port = port, Path = path })));

    /// <summary>Elsewhere nothing would go by its queue, and it would be asked for nothing.</summary>
    [Theory]
    [InlineData("adaptive", "Kernel")]
    [InlineData("prequal", "Service")]
    [InlineData("prequal", "Shadow")]
    public void Read_EngineThatNothingGoesBy_IsAFault(string mode, string routing) => Assert.Equal(
        "spec.engine: only shares go by an engine's queue; set spec.selection.mode: prequal and spec.routing: Kernel or KernelAndService, "
            + "or leave spec.engine out",
        FaultOf(Serving(new() { Type = "vLLM" }) with { Selection = new() { Mode = mode }, Routing = routing }));

    [Fact]
    public void Read_Canary_ArrivesWithItsShare()
    {
        var canary = new CanarySpec
        {
            Selector = new() { MatchLabels = new Dictionary<string, string> { ["version"] = "v2" } },
            Weight = 5,
        };
        var terms = SpecReader.Read(Good with { Routing = "Kernel", Canary = canary }, out var faults);
        Assert.Empty(faults);
        Assert.Equal(("version=v2", 0.05), (terms!.Canary!.Selector.ToString(), terms.Canary.Share));
        Assert.Equal(0.05, terms.Settings.CanaryShare);
        Assert.Null(SpecReader.Read(Good, out _)!.Settings.CanaryShare);

        Assert.StartsWith("spec.canary: needs spec.routing: Kernel or KernelAndService", FaultOf(Good with { Canary = canary }),
            StringComparison.Ordinal);
        Assert.StartsWith("spec.canary.weight: 101 is out of range; use 0 to 100",
            FaultOf(Good with { Routing = "Kernel", Canary = canary with { Weight = 101 } }), StringComparison.Ordinal);
        Assert.StartsWith("spec.canary.selector.matchLabels: is empty",
            FaultOf(Good with { Routing = "Kernel", Canary = new() { Weight = 5 } }), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_RoutingThatIsNotKnown_NamesThoseThatAre() =>
        Assert.Equal("spec.routing: \"Mesh\" is not known to this version; use Service or Shadow or Kernel or KernelAndService",
            FaultOf(Good with { Routing = "Mesh" }));

    /// <summary>An agent would have to cut them or leave them out, and would ask for another page than was meant.</summary>
    [Theory]
    [InlineData("health")]
    [InlineData("/a b")]
    [InlineData("/a\r\nX-Other: 1")]
    [InlineData("/\u00fcber")]
    [InlineData("")]
    public void Read_PathThatNoRequestCanName_IsAFault(string path)
    {
        var fault = FaultOf(Good with { Probe = new() { Path = path } });
        Assert.StartsWith("spec.probe.path: ", fault, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault);
    }

    [Fact]
    public void Read_UnreadableSpec_GivesItsReason() =>
        Assert.Equal("spec at $.x is odd", FaultOf(Good with { Unreadable = "spec at $.x is odd" }));

    private static AviatorPolicySpec Serving(EngineSpec engine) =>
        Good with { Engine = engine, Selection = new() { Mode = "prequal" }, Routing = "Kernel" };

    private static string FaultOf(AviatorPolicySpec spec)
    {
        Assert.Null(SpecReader.Read(spec, out var faults));
        return Assert.Single(faults);
    }
}
