using Aviator.Controller.Steering;
using Aviator.Core.Decisions;
using Aviator.Core.Slices;
using Aviator.Tests.Kit.Slices;
using Xunit;

namespace Aviator.Tests.Unit.Kubernetes;

/// <summary>The steps of steering, taken for a twin: no key is set, and handing back fills the default slices before own ones go.</summary>
public sealed class TwinSteeringTests
{
    private static readonly ServiceShape Found = World.Web with
    {
        Name = "web-aviator",
        Uid = "twin-uid",
        Labels = TwinNames.LabelsOf("web"),
        Selector = LabelSet.Empty,
        OwnedBy = World.Web.Uid,
    };

    private static readonly Decision Decision = World.Decide(("a", 1), ("b", 0));
    private readonly SteeringMachine _machine = new(new());
    private readonly PodShape[] _pods = [World.Ready("a", 1), World.Ready("b", 2)];
    private SteeringMemory _memory = SteeringMemory.None;
    private IReadOnlyList<Slice> _slices = [];

    [Fact]
    public void Steer_NoTwinYet_PublishesTheDecisionFirstAndNeverTheSelector()
    {
        var first = Step(null, Decision, 0);
        Assert.Equal(SteeringPhase.Steered, first.Phase);
        Assert.All(first.Writes, write => Assert.Equal((SliceAction.Create, "web-aviator"), (write.Action, write.Slice.ServiceName)));
        Assert.NotEmpty(first.Writes);
        var second = Step(null, Decision, 1);
        Assert.Empty(second.Writes);
        var third = Step(Found, Decision, 2);
        Assert.Equal((0, SelectorChange.None, SteeringPhase.Steered), (third.Writes.Count, third.Selector, third.Phase));
    }

    [Fact]
    public void Steer_NothingDecided_EveryReadyPodTakesPart()
    {
        Step(null, SliceRows.PlainMembership, 0);
        Assert.All(_slices.SelectMany(slice => slice.Endpoints), row => Assert.True(row.Ready));
    }

    [Fact]
    [Trait("Catalogue", "2")]
    public void Steer_MirroredSlicesUnderTheTwinsName_AreWaitedForWithEveryoneIn()
    {
        _slices = [Default("web-aviator-mirrored", "endpointslicemirroring-controller.k8s.io", "a")];
        var step = Step(null, Decision, 0);
        Assert.Equal(SteeringPhase.Emptying, step.Phase);
        Assert.Contains("web-aviator-mirrored", step.Message, StringComparison.Ordinal);
        Assert.All(_slices.Where(slice => slice.IsOwn).SelectMany(slice => slice.Endpoints), row => Assert.True(row.Ready));
    }

    [Fact]
    public void Release_Twin_AdmitsEveryoneThenTheSelectorThenWaitsThenDeletes()
    {
        Step(null, Decision, 0);
        var admitting = Step(Found, null, 1);
        Assert.Equal((SteeringPhase.Unselecting, SelectorChange.None), (admitting.Phase, admitting.Selector));
        Assert.All(_slices.SelectMany(slice => slice.Endpoints), row => Assert.True(row.Ready));
        Assert.Equal(SelectorChange.ClearKey, Step(Found, null, 2).Selector);

        var handedBack = Found with { Selector = World.Web.Selector };
        Assert.Equal(SteeringPhase.Refilling, Step(handedBack, null, 3).Phase);
        _slices = [.. _slices, Default("web-aviator-x", "endpointslice-controller.k8s.io", "a", "b")];
        Assert.Equal((SteeringPhase.Holding, 0), (Step(handedBack, null, 4).Phase, Step(handedBack, null, 20).Writes.Count));
        Assert.All(Step(handedBack, null, 40).Writes, write => Assert.Equal(SliceAction.Delete, write.Action));
        Assert.Equal(SteeringPhase.Released, Step(handedBack, null, 41).Phase);

        // And back again: as for any Service that Kubernetes serves.
        Assert.NotEmpty(Step(handedBack, Decision, 42).Writes);
        Assert.Equal(SelectorChange.SetKey, Step(handedBack, Decision, 43).Selector);
    }

    private SteeringStep Step(ServiceShape? found, Decision? decision, int seconds)
    {
        var twin = World.Web.AsTwin(found);
        var view = new SteeringView(twin, Membership.Resolve(twin, _pods, World.Zone), _slices, [.. _slices.Select(slice => slice.Name)]);
        var step = _machine.Next(view, new SteeringGoal(decision), _memory, TimeSpan.FromSeconds(seconds), 0);
        _memory = step.Memory;
        _slices = SliceServer.Apply(_slices, step.Writes);
        return step;
    }

    private static Slice Default(string name, string manager, params string[] pods) => new()
    {
        Namespace = "shop",
        Name = name,
        ServiceName = "web-aviator",
        ManagedBy = manager,
        Family = AddressFamily.IPv4,
        Ports = [new("http", "TCP", 8080, null)],
        Endpoints = pods.Select(pod => new SliceEndpoint { Address = "10.0.0.9", PodUid = $"uid-{pod}", Ready = true }).ToValueList(),
    };
}
