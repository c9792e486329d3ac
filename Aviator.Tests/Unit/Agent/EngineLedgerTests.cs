using System.Net;
using Aviator.Agent.Engines;
using Aviator.Agent.Interest;
using Aviator.Core.Measurement;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Agent;

public sealed class EngineLedgerTests
{
    private static readonly EndpointInterest Pod =
        new(EndpointAddress.Of(IPAddress.Parse("10.0.0.1"), 8000), "uid-a", "shop", "a", Ready: true, Probe: null)
        {
            Engine = new(InferenceEngine.VLLM, 8000, "/metrics"),
        };

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Read_SampleThatIsYoung_HasItsAge()
    {
        var ledger = Filled();
        _time.Advance(TimeSpan.FromSeconds(1.5));

        Assert.Equal(new EngineReport { Waiting = 3, CacheUse = 0.5, AgeSeconds = 1.5 }, ledger.Read(Pod));
    }

    /// <summary>What an engine said long ago says neither that it is full nor that it is empty.</summary>
    [Fact]
    public void Read_SampleThatIsOld_IsNone()
    {
        var ledger = Filled();
        _time.Advance(EngineReport.GoodFor);
        Assert.NotNull(ledger.Read(Pod));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(ledger.Read(Pod));
    }

    [Fact]
    public void Read_AnotherPodAtTheAddress_HasNone() => Assert.Null(Filled().Read(Pod with { PodUid = "uid-b" }));

    [Fact]
    public void Retain_EngineThatIsNotAskedAnyMore_IsForgotten()
    {
        var ledger = Filled();
        ledger.Retain(new InterestPlan([Pod], []));
        Assert.NotNull(ledger.Read(Pod));
        ledger.Retain(new InterestPlan([Pod with { Engine = null }], []));
        Assert.Null(ledger.Read(Pod));
    }

    private EngineLedger Filled()
    {
        var ledger = new EngineLedger(_time);
        ledger.Record(Pod, new EngineSample(99, null));
        ledger.Record(Pod, new EngineSample(3, 0.5));
        return ledger;
    }
}
