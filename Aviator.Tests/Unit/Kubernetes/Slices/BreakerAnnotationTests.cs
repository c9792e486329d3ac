using Aviator.Controller.Cluster;
using Aviator.Core.Decisions;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using Aviator.Tests.Kit.Slices;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Aviator.Tests.Unit.Kubernetes.Slices;

/// <summary>The breakers survive in the slices, and cost no write of their own unless one changed.</summary>
public sealed class BreakerAnnotationTests
{
    [Property(MaxTest = 200)]
    public Property Read_OfWhatWasWritten_IsTheSameSlice() => Prop.ForAll(World.Any(), world =>
    {
        foreach (var slice in world.Before())
            foreach (var dialect in (SliceDialect[])[SliceDialect.V1, SliceDialect.V1Beta1])
            {
                var wire = SliceMapper.Write(slice, dialect);
                Assert.Equal(slice.Endpoints.Select(row => (row.PodUid, row.Admitted, row.Breaker)),
                    SliceMapper.Read(new(new ObjectKey(slice.Namespace, slice.Name), slice.ResourceVersion, wire))!.Endpoints.Select(row =>
                        (row.PodUid, row.Admitted, row.Breaker)));
            }
    });

    [Fact]
    public void Write_FullSliceOfOpenBreakers_IsSmall()
    {
        var rows = Enumerable.Range(0, Slice.MaxEndpoints).Select(_ => Row(new(BreakerPhase.Open, BreakerMark.MostTrials)));

        Assert.InRange(BreakerAnnotation.Write(rows)!.Length, 1, 600);
        Assert.Null(BreakerAnnotation.Write([Row(default), Row(default)]));
        Assert.Equal("v1:1o2,2h0",
            BreakerAnnotation.Write([Row(default), Row(new(BreakerPhase.Open, 2)), Row(new(BreakerPhase.HalfOpen, 0))]));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("v2:0o1")]
    [InlineData("v1:")]
    [InlineData("v1:x,o1,0z1,0o,0o-1,0o99,-1o1,99999999999o1,0o1 ,")]
    public void Read_AnotherVersionOrGarbage_IsNothing(string? text) => Assert.Empty(BreakerAnnotation.Read(text));

    [Property(MaxTest = 500)]
    public Property Read_AnyText_NeverThrows() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), text => Assert.NotNull(BreakerAnnotation.Read("v1:" + text)));

    [Fact]
    public void Plan_OnlyABreakerChanged_IsOneWriteAndThenNone()
    {
        var pods = new[] { World.Ready("web-0", 1), World.Ready("web-1", 2) };
        var decision = World.Decide(("web-0", 1), ("web-1", 0));
        var world = new World(World.Web, pods, Mark(decision, new(BreakerPhase.HalfOpen, 1)), pods,
            Mark(decision, new(BreakerPhase.Open, 1)));
        var before = world.Before();

        var write = Assert.Single(world.Plan(before));

        Assert.Equal(SliceAction.Update, write.Action);
        Assert.Empty(world.Plan(SliceServer.Apply(before, [write])));
        Assert.Empty((world with { Decision = world.DecisionBefore }).Plan(before));
    }

    private static Decision Mark(Decision decision, BreakerMark mark) => new(decision.Endpoints.Values.ToDictionary(
        verdict => verdict.Key, verdict => verdict.Weight > 0 ? verdict : verdict with { Breaker = mark }));

    private static SliceEndpoint Row(BreakerMark mark) => new() { Address = "10.0.0.1", Ready = true, Breaker = mark };
}
