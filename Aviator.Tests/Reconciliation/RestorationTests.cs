using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Core;
using Aviator.Controller.Reconciliation;
using Xunit;

namespace Aviator.Tests.Reconciliation;

/// <summary>What a restart finds is what the controller before it left.</summary>
public sealed class RestorationTests
{
    private static readonly PolicySettings Settings = new() { Breaker = new() { Enabled = true, RecoveryInterval = TimeSpan.FromSeconds(40) } };
    private static readonly TimeSpan Now = TimeSpan.FromSeconds(2);
    private static readonly Dictionary<string, string> Names = new() { ["u1"] = "a", ["u2"] = "b", ["u3"] = "c" };

    private static readonly Decision Published = new(new[]
    {
        new EndpointDecision("u1", 1, EndpointState.Selected, "as published"), new EndpointDecision("u2", 0, EndpointState.Unselected, "as published"),
        new EndpointDecision("u3", 0, EndpointState.Unselected, "as published"),
    }.ToDictionary(verdict => verdict.Key));

    private static readonly AviatorPolicyStatus Status = new()
    {
        PodLatencies = [new() { Name = "b", State = "Ejected", P50 = 400, P99 = 812, Samples = 45 }, new() { Name = "c", State = "Dormant", P50 = 90, P99 = 120, Samples = 30 }],
    };

    [Fact]
    public void From_SlicesAndStatus_KeepsSelectionEjectionAndVerdicts()
    {
        var state = Restoration.From(Published, Status, Names, Settings, Now);
        Assert.Equal([true, false, false], state.Endpoints.Values.Select(record => record.Admitted));
        Assert.Equal((BreakerPhase.Open, Now + TimeSpan.FromSeconds(40)), (state.Endpoints["u2"].Breaker.Phase, state.Endpoints["u2"].Breaker.OpenUntil));
        Assert.Equal(BreakerPhase.Closed, state.Endpoints["u3"].Breaker.Phase);
        Assert.Equal(TimeSpan.FromMilliseconds(812), state.Endpoints["u2"].Verdict?.P99);
        Assert.Equal(30, state.Endpoints["u3"].Verdict?.Samples);
        Assert.Null(state.Endpoints["u1"].Verdict);
    }

    [Fact]
    public void From_BreakerSwitchedOffMeanwhile_EjectsNobody() =>
        Assert.All(Restoration.From(Published, Status, Names, new PolicySettings(), Now).Endpoints.Values, record => Assert.Equal(BreakerPhase.Closed, record.Breaker.Phase));

    [Fact]
    public void From_NoStatus_IsTheSelectionAlone() =>
        Assert.Equal(PolicyState.FromSelection(new HashSet<string> { "u1" }, ["u1", "u2", "u3"]).Endpoints, Restoration.From(Published, null, Names, Settings, Now).Endpoints);

    [Fact]
    public void Recall_EjectedBefore_IsNoNewsNow()
    {
        var recalled = Restoration.Recall(Published, Restoration.From(Published, Status, Names, Settings, Now));
        Assert.Equal([EndpointState.Selected, EndpointState.Ejected, EndpointState.Unselected], recalled.Endpoints.Values.Select(verdict => verdict.State));
        Assert.Equal([1.0, 0, 0], recalled.Endpoints.Values.Select(verdict => verdict.Weight));
    }
}
