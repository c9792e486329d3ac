using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Reconciliation;
using Aviator.Core.Decisions;
using Xunit;

namespace Aviator.Tests.Unit.Reconciliation;

/// <summary>What a restart finds is what the controller before it left.</summary>
public sealed class RestorationTests
{
    private static readonly PolicySettings Settings =
        new() { Breaker = new() { Enabled = true, RecoveryInterval = TimeSpan.FromSeconds(40) } };
    private static readonly TimeSpan Now = TimeSpan.FromSeconds(2);
    private static readonly Dictionary<string, string> Names = new() { ["u1"] = "a", ["u2"] = "b", ["u3"] = "c" };

    private static readonly Decision Published = new(new[]
    {
        new EndpointDecision("u1", 1, EndpointState.Selected, "as published"),
            new EndpointDecision("u2", 0, EndpointState.Unselected, "as published"),
        new EndpointDecision("u3", 0, EndpointState.Unselected, "as published"),
    }.ToDictionary(verdict => verdict.Key));

    private static readonly AviatorPolicyStatus Status = new()
    {
        PodLatencies = [new() { Name = "b", State = "Ejected", P50 = 400, P99 = 812, Samples = 45 },
            new() { Name = "c", State = "Dormant", P50 = 90, P99 = 120, Samples = 30 }],
    };

    [Fact]
    public void From_SlicesAndStatus_KeepsSelectionEjectionAndVerdicts()
    {
        var state = Restoration.From(Published, Status, Names, Settings, Now);
        Assert.Equal([true, false, false], state.Endpoints.Values.Select(record => record.Admitted));
        Assert.Equal((BreakerPhase.Open, Now + TimeSpan.FromSeconds(40)),
            (state.Endpoints["u2"].Breaker.Phase, state.Endpoints["u2"].Breaker.OpenUntil));
        Assert.Equal(BreakerPhase.Closed, state.Endpoints["u3"].Breaker.Phase);
        Assert.Equal(TimeSpan.FromMilliseconds(812), state.Endpoints["u2"].Verdict?.P99);
        Assert.Equal(30, state.Endpoints["u3"].Verdict?.Samples);
        Assert.Null(state.Endpoints["u1"].Verdict);
    }

    [Fact]
    public void From_MarksInTheSlices_OutrankTheStatus()
    {
        var marked = With(Published, "u2", new(BreakerPhase.HalfOpen, 2), "u3", new(BreakerPhase.Open, 3));
        var state = Restoration.From(marked, Status, Names, Settings, Now);

        Assert.Equal((BreakerPhase.HalfOpen, 2, Now),
            (state.Endpoints["u2"].Breaker.Phase, state.Endpoints["u2"].Breaker.FailedTrials, state.Endpoints["u2"].EvidenceFrom));
        Assert.Equal((BreakerPhase.Open, 3, Now + TimeSpan.FromSeconds(320)),
            (state.Endpoints["u3"].Breaker.Phase, state.Endpoints["u3"].Breaker.FailedTrials, state.Endpoints["u3"].Breaker.OpenUntil));
        Assert.Equal(BreakerMark.FromRecord(state.Endpoints["u3"].Breaker), marked.Endpoints["u3"].Breaker);
        Assert.Equal(default, Restoration.From(marked, Status, Names, new PolicySettings(), Now).Endpoints["u3"].Breaker);
    }

    [Fact]
    public void Reconcile_StoreAndSlicesAgree_LeavesTheStateAsItIs()
    {
        var stored = Restoration.From(With(Published, "u2", new(BreakerPhase.Open, 1)), Status, Names, Settings, TimeSpan.Zero);

        Assert.Equal(stored.Endpoints,
            Restoration.Reconcile(stored, With(Published, "u2", new(BreakerPhase.Open, 1)), Settings, Now).Endpoints);
    }

    [Fact]
    public void Reconcile_StoreMissedTheLastWrites_WhatIsInPlaceHolds()
    {
        // Stored: u1 and u3 get traffic, u2 is ejected. Since then u2 has come back, u3 was ejected, and u4 came and was decided against.
        var stored = Restoration.From(With(Published, "u2", new(BreakerPhase.Open, 1)), null, Names, Settings, TimeSpan.Zero);
        stored = stored with { Endpoints = stored.Endpoints.With("u3", stored.Endpoints["u3"] with { Admitted = true }) };
        var published = With(Published, "u3", new(BreakerPhase.Open, 0));
        published = new Decision(new Dictionary<string, EndpointDecision>(published.Endpoints)
        {
            ["u2"] = new("u2", 1, EndpointState.Selected, "as published"),
            ["u4"] = new("u4", 0, EndpointState.Unselected, "as published"),
            ["u5"] = new("u5", 1, EndpointState.Selected, "as published"),
        });

        var state = Restoration.Reconcile(stored, published, Settings, Now);

        Assert.Equal([true, true, false, false], state.Endpoints.Values.Select(record => record.Admitted));
        Assert.Equal([BreakerPhase.Closed, BreakerPhase.Closed, BreakerPhase.Open, BreakerPhase.Closed],
            state.Endpoints.Values.Select(record => record.Breaker.Phase));
        Assert.Equal(Now + TimeSpan.FromSeconds(40), state.Endpoints["u3"].Breaker.OpenUntil);
    }

    [Fact]
    public void From_BreakerSwitchedOffMeanwhile_EjectsNobody() =>
        Assert.All(Restoration.From(Published, Status, Names, new PolicySettings(), Now).Endpoints.Values, record =>
            Assert.Equal(BreakerPhase.Closed, record.Breaker.Phase));

    [Fact]
    public void From_NoStatus_IsTheSelectionAlone() =>
        Assert.Equal(PolicyState.FromSelection(new HashSet<string> { "u1" }, ["u1", "u2", "u3"]).Endpoints,
            Restoration.From(Published, null, Names, Settings, Now).Endpoints);

    private static Decision With(Decision decision, string key, BreakerMark mark, string? other = null, BreakerMark otherMark = default)
    {
        var endpoints = new Dictionary<string, EndpointDecision>(decision.Endpoints);
        endpoints[key] = endpoints[key] with { Breaker = mark };
        if (other is not null) endpoints[other] = endpoints[other] with { Breaker = otherMark };
        return new(endpoints);
    }

    [Fact]
    public void Remembered_ShareInForce_StaysUntilTheNextDecision()
    {
        var state = PolicyState.FromSelection(new HashSet<string> { "a" }, ["a", "b"]);
        state = state with { Endpoints = state.Endpoints.With("a", state.Endpoints["a"] with { Weight = 0.25 }) };
        var read = PolicyStateCodec.Read(PolicyStateCodec.Write(state, Now), Now, out _)!;
        var remembered = Restoration.Remembered(read);
        Assert.Equal((0.25, 0), (remembered.WeightOf("a"), remembered.WeightOf("b")));
    }

    [Fact]
    public void Recall_EjectedBefore_IsNoNewsNow()
    {
        var recalled = Restoration.Recall(Published, Restoration.From(Published, Status, Names, Settings, Now));
        Assert.Equal([EndpointState.Selected, EndpointState.Ejected, EndpointState.Unselected],
            recalled.Endpoints.Values.Select(verdict => verdict.State));
        Assert.Equal([1.0, 0, 0], recalled.Endpoints.Values.Select(verdict => verdict.Weight));
    }
}
