using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Events;
using Aviator.Controller.Steering;
using Aviator.Core.Decisions;
using Aviator.Kubernetes;
using Aviator.Tests.Fixtures;
using Xunit;

namespace Aviator.Tests.Unit.Reconciliation;

/// <summary>State moves only after the write was seen in place; what is decided in between is neither lost nor counted twice.</summary>
public sealed class PolicyEvaluationTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact, Trait("Catalogue", "16")]
    public async Task Enforce_WriteFails_StateStaysAndTheDecisionIsMadeAgain()
    {
        using var world = new EvaluationWorld();
        world.Apply = decision => decision.Admits("slow") ? new(SteeringPhase.Steered, "", 0, null)
            : throw new ApiException(HttpStatusCode.InternalServerError, null, "etcd is full");
        await Assert.ThrowsAsync<ApiException>(() => world.UntilExcludedAsync(Stop));
        var (state, decision) = (world.Run.Memory.State, world.Run.Memory.Decision);
        Assert.True(decision!.Admits("slow"));
        Assert.True(state!.Endpoints["slow"].Admitted);

        world.Second();
        await Assert.ThrowsAsync<ApiException>(() => world.EnforceAsync(Stop));
        Assert.Same(state, world.Run.Memory.State);
        Assert.DoesNotContain(world.Notes, note => note.Reason == EventReason.SelectionChanged);

        world.Apply = _ => new(SteeringPhase.Steered, "", 0, null);
        await world.EnforceAsync(Stop);
        Assert.False(world.Run.Memory.Decision!.Admits("slow"));
        Assert.False(world.Run.Memory.State!.Endpoints["slow"].Admitted);
        Assert.Single(world.Notes, note => note.Reason == EventReason.SelectionChanged);
    }

    /// <summary>Event and log have it too, from where it is caught; what a user looks at first is the policy.</summary>
    [Theory]
    [InlineData(HttpStatusCode.Forbidden)]
    [InlineData(HttpStatusCode.UnprocessableEntity)]
    public async Task Enforce_WriteIsDenied_TheConditionHasTheServersSentence(HttpStatusCode status)
    {
        using var world = new EvaluationWorld
        {
            Apply = _ => throw new ApiException(status, null, "ValidatingAdmissionPolicy 'guard' denied request: no"),
        };
        await Assert.ThrowsAsync<ApiException>(() => world.EnforceAsync(Stop));

        var conditions = world.Statuses[^1].Conditions.ToDictionary(condition => condition.Type);
        var (steering, ready) = (conditions[ConditionType.Steering], conditions[ConditionType.Ready]);
        Assert.Equal(("False", "WriteDenied"), (steering.Status, steering.Reason));
        Assert.Contains("ValidatingAdmissionPolicy 'guard' denied request: no.", steering.Message, StringComparison.Ordinal);
        Assert.Equal(("False", "WriteDenied"), (ready.Status, ready.Reason));

        // Between two attempts nothing is thrown, and nothing is over.
        world.Apply = _ => new(SteeringPhase.Holding, "", 0, null) { Denial = "no" };
        await world.EnforceAsync(Stop);
        Assert.True(world.Run.IsDenied);
        Assert.Equal("WriteDenied", world.Statuses[^1].Condition(ConditionType.Steering)!.Reason);

        world.Apply = _ => new(SteeringPhase.Steered, "", 0, null);
        world.Second();
        await world.EnforceAsync(Stop);
        Assert.False(world.Run.IsDenied);
        Assert.Equal("Steered", world.Statuses[^1].Condition(ConditionType.Steering)!.Reason);
    }

    /// <summary>Every pod got traffic before the Service was steered: what the first decision takes out is news.</summary>
    [Fact]
    public async Task Enforce_FirstDecisionNarrows_IsAnEvent()
    {
        using var world = new EvaluationWorld { Apply = _ => new(SteeringPhase.Publishing, "", 0, null) };
        for (var second = 0; second < 20; second++)
        {
            world.Second();
            await world.EnforceAsync(Stop);
        }

        Assert.DoesNotContain(world.Notes, note => note.Reason == EventReason.SelectionChanged);
        Assert.Equal((3, 3), (world.Statuses[^1].ActivePods, world.Statuses[^1].TotalPods));
        world.Apply = _ => new(SteeringPhase.Steered, "", 0, null);
        await world.UntilExcludedAsync(Stop);
        Assert.Contains("out: slow", Assert.Single(world.Notes, note => note.Reason == EventReason.SelectionChanged).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Enforce_PodOnTheNodesNetwork_IsNamedInTheCondition()
    {
        using var world = new EvaluationWorld();
        var key = new ObjectKey("shop", "slow");
        world.Cluster.Pods.Upsert(key, world.Cluster.Pods.Find(key)! with { Obstacle = MeasuringObstacle.HostNetwork });
        for (var second = 0; second < 20 && world.Run.Memory.Decision is null; second++)
        {
            world.Second();
            await world.EnforceAsync(Stop);
        }

        var traffic = Assert.Single(world.Statuses[^1].Conditions, condition => condition.Type == ConditionType.InsufficientTraffic);
        Assert.Contains(" Not measured: 1 uses the node's network (hostNetwork).", traffic.Message, StringComparison.Ordinal);
    }

    [Fact, Trait("Catalogue", "16")]
    public async Task Enforce_WriteIsOnItsWay_StateMovesWhenItIsSeen()
    {
        using var world = new EvaluationWorld();
        world.Apply = decision => decision.Admits("slow") ? new(SteeringPhase.Steered, "", 0, null)
            : new(SteeringPhase.Steered, "", 1, TimeSpan.FromMilliseconds(500));
        await world.UntilExcludedAsync(Stop);
        Assert.NotNull(world.Run.Memory.Pending);
        Assert.True(world.Run.Memory.State!.Endpoints["slow"].Admitted);
        world.Apply = _ => new(SteeringPhase.Steered, "", 0, null);
        await world.EnforceAsync(Stop);
        Assert.Null(world.Run.Memory.Pending);
        Assert.False(world.Run.Memory.State.Endpoints["slow"].Admitted);
    }

    [Fact, Trait("Catalogue", "18")]
    public async Task Enforce_SelectedPodIsGoneWhileTheWindowsFill_AnotherTakesItsPlaceAtOnce()
    {
        using var world = new EvaluationWorld
        {
            Found = new(new[] { ("a", 1), ("b", 1), ("slow", 0) }.ToDictionary(
                pod => pod.Item1, pod => new EndpointDecision(pod.Item1, pod.Item2, EndpointState.Selected, ""))),
        };
        world.Second();
        await world.EnforceAsync(Stop);
        Assert.True(world.Run.Pace.IsWarming);
        Assert.False(world.Applied[^1].Admits("slow"));

        world.SetPod("b", ready: false);
        await world.EnforceAsync(Stop);
        Assert.True(world.Run.Pace.IsWarming);
        Assert.True(world.Applied[^1].Admits("slow"), "one pod is left in use of the two that minEndpoints asks for");
    }

    [Fact, Trait("Catalogue", "34")]
    public async Task Enforce_LeadershipIsLost_NothingIsTakenForWritten()
    {
        using var world = new EvaluationWorld();
        world.Apply = decision =>
        {
            world.MayWrite = decision.Admits("slow");
            return new(SteeringPhase.Steered, "not the leader", 0, null);
        };
        await world.UntilExcludedAsync(Stop);
        Assert.True(world.Run.Memory.State!.Endpoints["slow"].Admitted);
    }

    [Fact, Trait("Catalogue", "18")]
    public async Task Enforce_PodTurnsUnreadyBetweenEvaluations_IsDecidedAtOnceAndIsNoInterval()
    {
        using var world = new EvaluationWorld();
        await world.UntilExcludedAsync(Stop);
        var (last, due) = (world.Run.Memory.State!.LastEvaluation, world.Run.Pace.NextDue);
        world.Time.Advance(TimeSpan.FromMilliseconds(100));
        world.SetPod("a", ready: false);
        await world.EnforceAsync(Stop);
        Assert.DoesNotContain("a", world.Run.Memory.Decision!.Endpoints.Keys);
        Assert.Equal((last, due), (world.Run.Memory.State.LastEvaluation, world.Run.Pace.NextDue));
        // Two were to be in service at least: with one gone, the slow one is better than none.
        Assert.True(world.Run.Memory.Decision.Admits("slow"));
    }

    [Fact]
    public async Task Enforce_StatusCannotBeWritten_DecidesAllTheSameAndTellsLater()
    {
        using var world = new EvaluationWorld { StatusFault = new HttpRequestException("away") };
        await world.UntilExcludedAsync(Stop);
        Assert.False(world.Run.Memory.State!.Endpoints["slow"].Admitted);
        Assert.Empty(world.Statuses);
        world.StatusFault = null;
        world.Time.Advance(TimeSpan.FromSeconds(15)); // longer than the status waits, shorter than a trial of the slow one
        world.Second();
        await world.EnforceAsync(Stop);
        Assert.Equal(2, Assert.Single(world.Statuses).ActivePods);
    }

    [Fact]
    public async Task Enforce_Contested_ReportsEveryoneInAndRemembersNothing()
    {
        using var world = new EvaluationWorld();
        await world.UntilExcludedAsync(Stop);
        var state = world.Run.Memory.State;
        world.Apply = _ => new(SteeringPhase.Contested, "another writer removed it", 0, TimeSpan.FromSeconds(15));
        world.Second();
        await world.EnforceAsync(Stop);
        Assert.Same(state, world.Run.Memory.State);
        Assert.Contains(world.Notes, note => note is { Reason: EventReason.Contested, Warning: true });
        Assert.Equal("Contested", world.Statuses[^1].Condition("Steering")!.Reason);
        Assert.Equal(3, world.Statuses[^1].ActivePods);
    }

    [Fact]
    public async Task Enforce_OneEvaluation_IsOneTrace()
    {
        var spans = new ConcurrentBag<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Aviator.Controller",
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Add,
        };
        ActivitySource.AddActivityListener(listener);
        using var world = new EvaluationWorld();
        using var test = new Activity("test").Start();
        await world.UntilExcludedAsync(Stop);
        var mine = spans.Where(span => span.TraceId == test.TraceId).ToList();
        var evaluations = mine.Where(span => span.OperationName == "evaluate").ToList();
        Assert.NotEmpty(evaluations);
        foreach (var root in evaluations)
        {
            Assert.Equal(("shop", "web"), (root.GetTagItem("aviator.policy.namespace"), root.GetTagItem("aviator.policy.name")));
            Assert.Equal(["collect", "rank", "decide", "write", "commit"],
                mine.Where(span => span.ParentSpanId == root.SpanId).OrderBy(span => span.StartTimeUtc).Select(span => span.OperationName));
        }
    }
}
