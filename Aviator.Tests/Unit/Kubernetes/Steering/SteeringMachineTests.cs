using Aviator.Controller.Steering;
using Aviator.Core.Slices;
using Aviator.Tests.Kit.Slices;
using Xunit;

namespace Aviator.Tests.Unit.Kubernetes.Steering;

/// <summary>The protocol of taking a Service over and handing it back, step by step.</summary>
public sealed class SteeringMachineTests
{
    private static readonly Aviator.Core.Decisions.Decision OnlyA = World.Decide(("a", 1), ("b", 0), ("c", 0));

    [Fact]
    [Trait("Catalogue", "1")]
    public void TakeOver_Always_PublishesThenSetsTheKeyThenWaitsThenDecides()
    {
        var cluster = new SteeredCluster().DefaultControllerActs();

        var publish = cluster.Step(OnlyA);
        Assert.Equal((SteeringPhase.Publishing, SelectorChange.None), (publish.Phase, publish.Selector));
        Assert.All(cluster.Own.SelectMany(slice => slice.Endpoints), row => Assert.True(row.Ready));
        Assert.Equal(SelectorChange.SetKey, cluster.Step(OnlyA).Selector);

        var wait = cluster.Step(OnlyA);
        Assert.Equal((SteeringPhase.Emptying, 0), (wait.Phase, wait.Writes.Count));
        cluster.DefaultControllerActs();
        Assert.Equal(["a", "b", "c"], cluster.Served);

        Assert.Equal(SteeringPhase.Steered, cluster.Step(OnlyA).Phase);
        Assert.Equal(["a"], cluster.Served);
        Assert.Empty(cluster.Step(OnlyA).Writes);
    }

    [Fact]
    [Trait("Catalogue", "32")]
    public void Release_Always_AdmitsAllThenDropsTheKeyThenWaitsThenHoldsThenDeletes()
    {
        var cluster = new SteeredCluster();
        cluster.Until(SteeringPhase.Steered, OnlyA);

        Assert.Equal(SelectorChange.None, cluster.Step(null).Selector);
        Assert.Equal(["a", "b", "c"], cluster.Served);
        Assert.Equal(SelectorChange.ClearKey, cluster.Step(null).Selector);
        Assert.Equal(SteeringPhase.Refilling, cluster.Step(null).Phase);
        cluster.DefaultControllerActs();

        var hold = cluster.Step(null);
        Assert.Equal((SteeringPhase.Holding, TimeSpan.FromSeconds(30)), (hold.Phase, hold.LookAgainAfter));
        cluster.Now += TimeSpan.FromSeconds(29.9);
        Assert.Empty(cluster.Step(null).Writes);
        cluster.Now += TimeSpan.FromSeconds(0.2);
        Assert.All(cluster.Step(null).Writes, write => Assert.Equal(SliceAction.Delete, write.Action));
        Assert.Equal(SteeringPhase.Released, cluster.Step(null).Phase);
        Assert.Empty(cluster.Own);
        Assert.Equal(["a", "b", "c"], cluster.Served);
    }

    [Fact]
    public void Release_DefaultSlicesLackAReadyPod_OwnSlicesStay()
    {
        var cluster = new SteeredCluster();
        cluster.Until(SteeringPhase.Steered, OnlyA);
        cluster.Until(SteeringPhase.Holding, null);
        cluster.Pods.Add(World.Ready("late", 4));
        cluster.Now += TimeSpan.FromMinutes(5);

        var step = cluster.Step(null);

        Assert.Equal(SteeringPhase.Refilling, step.Phase);
        Assert.Contains("late", cluster.Served);
        Assert.NotEmpty(cluster.Own);
    }

    [Fact]
    [Trait("Catalogue", "31")]
    public void KeyTakenAway_AgainAndAgain_AdmitsAllAtOnceAndPausesGrow()
    {
        var cluster = new SteeredCluster();
        var pauses = new List<double>();
        for (var contest = 0; contest < 12; contest++)
        {
            cluster.Until(SteeringPhase.Steered, OnlyA);
            cluster.SetKey(false);

            var step = cluster.Step(OnlyA);

            Assert.Equal((SteeringPhase.Contested, SelectorChange.None), (step.Phase, step.Selector));
            Assert.Equal(["a", "b", "c"], cluster.Served);
            pauses.Add(step.LookAgainAfter!.Value.TotalSeconds);
        }

        Assert.Equal([15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600], pauses);
    }

    [Fact]
    public void KeyTakenAway_AfterAQuietHour_IsTheFirstContestAgain()
    {
        var cluster = new SteeredCluster();
        for (var contest = 0; contest < 3; contest++)
        {
            cluster.Until(SteeringPhase.Steered, OnlyA);
            cluster.SetKey(false);
            cluster.Step(OnlyA);
        }

        cluster.Until(SteeringPhase.Steered, OnlyA);
        cluster.Now += TimeSpan.FromHours(1.1);
        cluster.Step(OnlyA);
        cluster.SetKey(false);

        Assert.Equal(TimeSpan.FromSeconds(15), cluster.Step(OnlyA).LookAgainAfter);
    }

    [Fact]
    public void ServiceCreatedAgain_BetweenTwoLooks_IsTakenOverAndNotContested()
    {
        var cluster = new SteeredCluster();
        cluster.Until(SteeringPhase.Steered, OnlyA);
        cluster.SetKey(false);
        cluster.Service = cluster.Service! with { Uid = "another-uid" };
        cluster.DefaultControllerActs();

        Assert.Equal(SteeringPhase.Publishing, cluster.Step(OnlyA).Phase);
        cluster.Until(SteeringPhase.Steered, OnlyA);
        Assert.All(cluster.Own, slice => Assert.Equal("another-uid", slice.OwnerUid));
    }

    [Fact]
    public void ForeignSlice_NeverEmptied_KeepsPlainMembershipAndIsNamed()
    {
        var cluster = new SteeredCluster();
        cluster.DefaultControllerActs();
        cluster.Slices = [.. cluster.Slices, .. cluster.Slices.Select(slice => slice with { Name = "mirror", ManagedBy = "somebody" })];
        for (var look = 0; look < 40; look++)
        {
            cluster.Step(OnlyA);
            cluster.DefaultControllerActs();
            cluster.Now += TimeSpan.FromSeconds(1);
        }

        var step = cluster.Step(OnlyA);

        Assert.Equal(SteeringPhase.Emptying, step.Phase);
        Assert.Contains("mirror (somebody)", step.Message, StringComparison.Ordinal);
        Assert.Contains("seems not to work", step.Message, StringComparison.Ordinal);
        Assert.Equal(["a", "b", "c"], cluster.Served);
    }

    [Fact]
    public void ServiceBeingDeleted_DeadPodsLeaveAndNothingIsMade()
    {
        var cluster = new SteeredCluster();
        cluster.Until(SteeringPhase.Steered, World.Decide(("a", 1), ("b", 1)));
        cluster.Service = cluster.Service! with { Deleting = true };
        cluster.Pods[0] = cluster.Pods[0] with { Ready = false };
        cluster.Pods.Add(World.Ready("other", 5) with { Ports = [new("http", "TCP", 9999)] });

        var step = cluster.Step(World.Decide(("a", 1), ("b", 1), ("c", 0)));

        Assert.Equal(SteeringPhase.Gone, step.Phase);
        Assert.All(step.Writes, write => Assert.Equal(SliceAction.Update, write.Action));
        Assert.Equal(["b"], cluster.Served);
    }

    [Fact]
    public void Release_NothingCanBeCreated_IsNotHeldUpByIt()
    {
        var cluster = new SteeredCluster();
        cluster.Until(SteeringPhase.Steered, OnlyA);
        cluster.Slices = [.. cluster.Slices.Where(slice => !slice.IsOwn)];
        cluster.Memory = cluster.Memory with { CannotCreate = true };

        cluster.Until(SteeringPhase.Released, null);

        Assert.False(cluster.Service!.IsKeyed);
        Assert.Equal(["a", "b", "c"], cluster.Served);
    }
}
