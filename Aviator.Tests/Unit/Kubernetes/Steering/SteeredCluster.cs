using Aviator.Controller.Steering;
using Aviator.Core.Decisions;
using Aviator.Core.Slices;
using Aviator.Tests.Kit.Slices;
using Xunit;

namespace Aviator.Tests.Unit.Kubernetes.Steering;

/// <summary>
/// A Service, its pods and all its slices, with the default EndpointSlice controller as a thing that acts when the test lets it. The
/// machine under test sees everything at once; what it writes is done at once.
/// </summary>
internal sealed class SteeredCluster(SteeringOptions? options = null)
{
    private const string DefaultManager = "endpointslice-controller.k8s.io";
    private readonly SteeringMachine _machine = new(options ?? new SteeringOptions());
    private int _version = 1;

    public ServiceShape? Service { get; set; } = World.Web with { Ports = [World.Web.Ports[0]] };

    public List<PodShape> Pods { get; } = [World.Ready("a", 1), World.Ready("b", 2), World.Ready("c", 3)];

    public IReadOnlyList<Slice> Slices { get; set; } = [];

    public SteeringMemory Memory { get; set; } = SteeringMemory.None;

    public TimeSpan Now { get; set; }

    public IReadOnlyList<Slice> Own => [.. Slices.Where(slice => slice.IsOwn)];

    /// <summary>Names of the pods that kube-proxy sends traffic to: ready in any slice.</summary>
    public IReadOnlyList<string> Served =>
        [.. Slices.SelectMany(slice => slice.Endpoints).Where(row => row.Ready).Select(row => row.PodName!).Distinct()
            .Order(StringComparer.Ordinal)];

    /// <summary>The default slice is as the selector asks.</summary>
    public SteeredCluster DefaultControllerActs()
    {
        var rest = Slices.Where(slice => slice.ManagedBy != DefaultManager);
        if (Service is null)
        {
            Slices = [.. rest];
            return this;
        }

        // It matches pods by the selector as it stands, the key included, which none carries.
        var subsets = Service.IsKeyed ? [] : Subsets;
        Slices =
        [
            .. rest,
            .. subsets.Select((subset, at) => new Slice
            {
                Namespace = Service.Namespace,
                Name = $"web-default-{at}",
                Uid = $"uid-default-{at}",
                ResourceVersion = $"{++_version}",
                ServiceName = Service.Name,
                ManagedBy = DefaultManager,
                OwnerUid = Service.Uid,
                Family = subset.Family,
                Ports = subset.Ports,
                Endpoints = SliceRows.Build(subset, subset.Endpoints.Select(member => member.Key).ToHashSet(), hints: default,
                    SliceRows.PlainMembership).ToValueList(),
            }),
        ];
        return this;
    }

    /// <summary>One look and what it leads to; no decision means release.</summary>
    public SteeringStep Step(Decision? decision)
    {
        var view = new SteeringView(Service, Service is null ? [] : Subsets, Slices, [.. Slices.Select(slice => slice.Name)]);
        var step = _machine.Next(view, new SteeringGoal(decision), Memory, Now, jitter: 0);
        Memory = step.Memory;
        Assert.True(step.Writes.Count == 0 || step.Selector == SelectorChange.None, "slices and selector change in one step");
        Assert.All(step.Writes, write => Assert.True(write.Slice.IsOwn));
        foreach (var write in step.Writes) Slices = SliceServer.Apply(Slices, write);
        if (step.Selector != SelectorChange.None) SetKey(step.Selector == SelectorChange.SetKey);
        return step;
    }

    /// <summary>Time passes, the default controller acts, and the machine looks, until the phase is reached.</summary>
    public SteeringStep Until(SteeringPhase phase, Decision? decision)
    {
        for (var look = 0; look < 100; look++)
        {
            DefaultControllerActs();
            var step = Step(decision);
            if (step.Phase == phase && step.Writes.Count == 0) return step;
            Now += step.LookAgainAfter ?? TimeSpan.FromSeconds(1);
        }

        Assert.Fail($"{phase} was not reached; the last phase is {Memory.Phase}");
        return null!;
    }

    /// <summary>Somebody sets or removes the key.</summary>
    public void SetKey(bool present)
    {
        var rest = Service!.PodSelector.All;
        Service = Service with
        {
            Selector = new LabelSet(present ? rest.Append(new(ServiceShape.SteeredKey, "true")) : rest),
            ResourceVersion = $"{++_version}",
        };
    }

    private IReadOnlyList<EndpointSubset> Subsets => Membership.Resolve(Service!, Pods, World.Zone);
}
