using Aviator.Controller.Steering;
using Aviator.Core.Decisions;
using Aviator.Tests.Kit.Slices;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Aviator.Tests.Unit.Kubernetes.Steering;

/// <summary>
/// Whatever happens, in whatever order, and wherever the process dies: traffic always has somewhere to go, and every end is reached.
/// </summary>
public sealed class SteeringMachineProperties
{
    private enum Happening
    {
        Look,
        LookToRelease,
        DefaultControllerActs,
        PodTurns,
        KeyIsTakenAway,
        KeyIsAdded,
        OwnSliceIsDeleted,
        ProcessRestarts,
        SecondsPass,
        HourPasses,
    }

    [Property(MaxTest = 500)]
    [Trait("Catalogue", "20")]
    public Property Steps_WhateverHappens_ReadyPodsAreServedAndDeadOnesAreNot() => Prop.ForAll(Happenings.ToArbitrary(), happenings =>
    {
        var cluster = new SteeredCluster();
        cluster.DefaultControllerActs();
        foreach (var (what, which) in happenings)
        {
            Happen(cluster, what, which);
            Assert.Contains(cluster.Pods.Where(pod => pod.Ready).Select(pod => pod.Name), pod => cluster.Served.Contains(pod));
            var dead = cluster.Pods.Where(pod => !pod.Ready).Select(pod => pod.Name).ToHashSet();
            if (what == Happening.PodTurns)
                Assert.DoesNotContain(cluster.Own.SelectMany(slice => slice.Endpoints), row => row.Ready && dead.Contains(row.PodName!));
        }
    });

    [Property(MaxTest = 200)]
    public Property Steering_AfterWhatever_IsReachedAndThenNothingIsWritten() => Prop.ForAll(Happenings.ToArbitrary(), happenings =>
    {
        var cluster = After(happenings);

        cluster.Until(SteeringPhase.Steered, Decision);

        Assert.Empty(cluster.Step(Decision).Writes);
        Assert.Empty(cluster.Slices.Where(slice => !slice.IsOwn).SelectMany(slice => slice.Endpoints));
    });

    [Property(MaxTest = 200)]
    public Property Release_AfterWhatever_LeavesNothingOfAviators() => Prop.ForAll(Happenings.ToArbitrary(), happenings =>
    {
        var cluster = After(happenings);

        cluster.Until(SteeringPhase.Released, null);

        Assert.False(cluster.Service!.IsKeyed);
        Assert.Empty(cluster.Own);
        Assert.Equal(cluster.Pods.Where(pod => pod.Ready).Select(pod => pod.Name).Order(StringComparer.Ordinal), cluster.Served);
    });

    private static Decision Decision { get; } = World.Decide(("a", 1), ("b", 0), ("c", 0));

    private static Gen<(Happening What, int Which)[]> Happenings => Gen.ArrayOf(
        from what in Gen.Frequency(
            (8, Gen.Constant(Happening.Look)), (4, Gen.Constant(Happening.LookToRelease)),
                (6, Gen.Constant(Happening.DefaultControllerActs)),
            (3, Gen.Constant(Happening.SecondsPass)), (2, Gen.Elements(Enum.GetValues<Happening>())))
        from which in Gen.Choose(0, 2)
        select (what, which));

    private static SteeredCluster After((Happening What, int Which)[] happenings)
    {
        var cluster = new SteeredCluster();
        cluster.DefaultControllerActs();
        foreach (var (what, which) in happenings) Happen(cluster, what, which);
        return cluster;
    }

    private static void Happen(SteeredCluster cluster, Happening what, int which)
    {
        switch (what)
        {
            case Happening.Look: cluster.Step(Decision); break;
            case Happening.LookToRelease: cluster.Step(null); break;
            case Happening.DefaultControllerActs: cluster.DefaultControllerActs(); break;
            case Happening.PodTurns:
                var turned = cluster.Pods[which] with { Ready = !cluster.Pods[which].Ready };
                if (cluster.Pods.Where((_, at) => at != which).All(pod => !pod.Ready)) break;
                cluster.Pods[which] = turned;

                // Both controllers hear of it at once.
                cluster.DefaultControllerActs();
                cluster.Step(Decision);
                break;
            case Happening.KeyIsTakenAway: cluster.SetKey(false); break;
            case Happening.ProcessRestarts: cluster.Memory = SteeringMemory.None; break;
            case Happening.SecondsPass: cluster.Now += TimeSpan.FromSeconds(10 * which); break;
            case Happening.HourPasses: cluster.Now += TimeSpan.FromHours(1); break;
            case Happening.KeyIsAdded when cluster.Own.Count > 0: cluster.SetKey(true); break;
            case Happening.OwnSliceIsDeleted when cluster.Slices.Any(slice => !slice.IsOwn && slice.Endpoints.Any(row => row.Ready)) &&
                !cluster.Service!.IsKeyed:
                cluster.Slices = [.. cluster.Slices.Where(slice => !slice.IsOwn)]; break;
            default: break;
        }
    }
}
