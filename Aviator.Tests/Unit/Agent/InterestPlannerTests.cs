using System.Net;
using System.Net.Sockets;
using Aviator.Agent.Interest;
using Aviator.Core.Measurement;
using Aviator.Kubernetes;
using Xunit;

namespace Aviator.Tests.Unit.Agent;

public sealed class InterestPlannerTests
{
    private static readonly DateTimeOffset Early = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Plan_PodMatchesSelector_GivesOneRowWithProbe()
    {
        var plan = InterestPlanner.Plan([Policy()], [Service()], [Pod("a", "10.1.0.1"), Pod("b", "10.1.0.2", ready: false)]);

        Assert.Equal(["10.1.0.1:9000", "10.1.0.2:9000"], Keys(plan));
        Assert.Equal(new ProbeTarget(8080, "/", Always: false), plan.Endpoints[0].Probe);
        Assert.Equal([true, false], plan.Endpoints.Select(endpoint => endpoint.Ready));
        Assert.Equal("uid-a", plan.Endpoints[0].PodUid);
    }

    /// <summary>A port that nobody named is the one that is measured, in each pod its own.</summary>
    [Fact]
    public void Plan_PolicyNamesNoProbePort_ProbesThePortThatIsMeasured()
    {
        var service = Service() with { Ports = [new ServicePortView("admin", 81, "9001"), new ServicePortView("http", 80, "web")] };
        var old = Pod("old", "10.1.0.1") with { NamedPorts = new Dictionary<string, int> { ["web"] = 8080 } };
        var fresh = Pod("new", "10.1.0.2") with { NamedPorts = new Dictionary<string, int> { ["web"] = 9090 } };
        var policy = Policy() with { ProbePort = null, ServicePort = "http" };

        var probes = InterestPlanner.Plan([policy], [service], [old, fresh]).Endpoints.Select(endpoint => endpoint.Probe?.Port);

        Assert.Equal([null, 9090, 8080, null], probes);
    }

    /// <summary>On the row that speaks for the pod alone, at the engine's own port or at the one that is measured.</summary>
    [Theory]
    [InlineData(null, 9000)]
    [InlineData(8002, 8002)]
    public void Plan_PolicyWithAnEngine_IsAskedOncePerPod(int? port, int asked)
    {
        var service = Service() with { Ports = [new ServicePortView("http", 80, "9000"), new ServicePortView("admin", 81, "9001")] };
        var policy = Policy() with { Engine = new(InferenceEngine.VLLM, port, "/metrics") };

        var plan = InterestPlanner.Plan([policy], [service], [Pod("a", "10.1.0.1")]);

        Assert.Equal(
            [new EngineTarget(InferenceEngine.VLLM, asked, "/metrics"), null], plan.Endpoints.Select(endpoint => endpoint.Engine));
        Assert.False(plan.SameAs(InterestPlanner.Plan([Policy()], [service], [Pod("a", "10.1.0.1")])));
    }

    [Fact]
    public void Plan_TwoPoliciesWithEngines_TheOlderOnesIsAsked()
    {
        var older = Policy() with { Engine = new(InferenceEngine.SGLang, null, "/metrics") };
        var younger = older with { Name = "young", CreatedAt = Early.AddDays(1), Engine = new(InferenceEngine.VLLM, null, "/metrics") };

        var plan = InterestPlanner.Plan([younger, older], [Service()], [Pod("a", "10.1.0.1")]);

        Assert.Equal(InferenceEngine.SGLang, Assert.Single(plan.Endpoints).Engine!.Engine);
        var without = InterestPlanner.Plan([younger, older with { Engine = null }], [Service()], [Pod("a", "10.1.0.1")]);
        Assert.Equal(InferenceEngine.VLLM, Assert.Single(without.Endpoints).Engine!.Engine);
    }

    [Fact]
    public void Plan_SelectorCarriesTheSteeringKey_MatchesPodsWithoutIt()
    {
        var steered = Service() with { Selector = new Dictionary<string, string> { ["app"] = "web", [AviatorNames.SteeredKey] = "true" } };

        Assert.Equal(["10.1.0.1:9000"], Keys(InterestPlanner.Plan([Policy()], [steered], [Pod("a", "10.1.0.1")])));
    }

    [Fact]
    public void Plan_OnlyTheSteeringKeyIsLeftInTheSelector_SelectsNothing()
    {
        var steered = Service() with { Selector = new Dictionary<string, string> { [AviatorNames.SteeredKey] = "true" } };

        Assert.Empty(InterestPlanner.Plan([Policy()], [steered], [Pod("a", "10.1.0.1")]).Endpoints);
    }

    [Fact]
    public void Plan_OtherNamespaceOrLabelsOrNoService_SelectsNothing()
    {
        var elsewhere = Pod("a", "10.1.0.1") with { Namespace = "other" };
        var unlike = Pod("b", "10.1.0.2") with { Labels = new Dictionary<string, string> { ["app"] = "db" } };

        Assert.Empty(InterestPlanner.Plan([Policy()], [Service()], [elsewhere, unlike]).Endpoints);
        Assert.Empty(InterestPlanner.Plan([Policy() with { Service = "gone" }], [Service()], [Pod("c", "10.1.0.3")]).Endpoints);
    }

    [Fact]
    [Trait("Catalogue", "17")]
    public void Plan_NamedTargetPort_IsResolvedInEachPod()
    {
        var service = Service() with { Ports = [new ServicePortView("http", 80, "web")] };
        var old = Pod("old", "10.1.0.1") with { NamedPorts = new Dictionary<string, int> { ["web"] = 8080 } };
        var fresh = Pod("new", "10.1.0.2") with { NamedPorts = new Dictionary<string, int> { ["web"] = 9090 } };
        var without = Pod("none", "10.1.0.3");

        Assert.Equal(["10.1.0.2:9090", "10.1.0.1:8080"], Keys(InterestPlanner.Plan([Policy()], [service], [old, fresh, without])));
    }

    [Theory]
    [InlineData(null, 9000)]
    [InlineData("admin", 9001)]
    [InlineData("81", 9001)]
    [InlineData("http", 9000)]
    [InlineData("missing", null)]
    public void Plan_ServiceHasTwoPorts_OnlyTheDecidingOneCarriesTheProbe(string? deciding, int? probed)
    {
        var service = Service() with { Ports = [new ServicePortView("http", 80, "9000"), new ServicePortView("admin", 81, "9001")] };

        var plan = InterestPlanner.Plan([Policy() with { ServicePort = deciding }], [service], [Pod("a", "10.1.0.1")]);

        Assert.Equal(2, plan.Endpoints.Count);
        Assert.Equal(probed is { } port ? [port] : [],
            plan.Endpoints.Where(endpoint => endpoint.Probe is not null).Select(endpoint => endpoint.Key.Port));
    }

    [Fact]
    [Trait("Catalogue", "17")]
    public void Plan_DualStack_MeasuresTheServicesFamiliesAndProbesOnce()
    {
        var pod = Pod("a", "10.1.0.1") with { Addresses = [IPAddress.Parse("10.1.0.1"), IPAddress.Parse("fd00::1")] };

        var six = InterestPlanner.Plan([Policy()], [Service() with { Families = [AddressFamily.InterNetworkV6] }], [pod]);
        var both = InterestPlanner.Plan([Policy()],
            [Service() with { Families = [AddressFamily.InterNetworkV6, AddressFamily.InterNetwork] }], [pod]);

        Assert.Equal(["[fd00::1]:9000"], Keys(six));
        Assert.Equal(["[fd00::1]:9000", "10.1.0.1:9000"], Keys(both));
        Assert.Equal("fd00::1", Assert.Single(both.Endpoints, endpoint => endpoint.Probe is not null).Key.Address.ToString());
    }

    [Fact]
    public void Plan_HostNetworkPod_IsNamedAsUnmeasurable()
    {
        var plan = InterestPlanner.Plan([Policy()], [Service()], [Pod("a", "192.168.1.1") with { HostNetwork = true }]);

        Assert.Empty(plan.Endpoints);
        Assert.Equal(("shop", "a"), (plan.Unmeasurable.Single().Namespace, plan.Unmeasurable.Single().Pod));
    }

    [Fact]
    public void Plan_TwoPodsShowOneAddress_TheYoungerHasIt()
    {
        var leaving = Pod("leaving", "10.1.0.1");
        var coming = Pod("coming", "10.1.0.1") with { CreatedAt = Early.AddMinutes(5) };

        Assert.Equal("uid-coming", Assert.Single(InterestPlanner.Plan([Policy()], [Service()], [leaving, coming]).Endpoints).PodUid);
        Assert.Equal("uid-coming", Assert.Single(InterestPlanner.Plan([Policy()], [Service()], [coming, leaving]).Endpoints).PodUid);
    }

    [Fact]
    [Trait("Catalogue", "19")]
    public void Plan_TwoPoliciesForOneEndpoint_TheOlderProbeStaysAndRunsAlwaysIfOneWantsIt()
    {
        var older = Policy() with { Name = "z", ProbePath = "/old" };
        var newer = Policy() with { Name = "a", CreatedAt = Early.AddDays(1), ProbePath = "/new", Source = LatencySource.Probe };

        var row = Assert.Single(InterestPlanner.Plan([newer, older], [Service()], [Pod("a", "10.1.0.1")]).Endpoints);

        Assert.Equal(new ProbeTarget(8080, "/old", Always: true), row.Probe);
    }

    [Fact]
    public void Plan_InputsInAnyOrder_GiveTheSamePlan()
    {
        PolicyView[] policies = [Policy(), Policy() with { Name = "q", Service = "api", ProbePort = 1 },
            Policy() with { Name = "r", Service = "api", ProbePort = 2 }];
        ServiceView[] services = [Service(),
            Service() with { Name = "api", Ports = [new ServicePortView(null, 80, "9000"), new ServicePortView("x", 81, "9001")] }];
        PodView[] pods = [.. Enumerable.Range(1, 40).Select(i => Pod($"p{i}", $"10.1.0.{i % 30}") with { HostNetwork = i % 7 == 0 })];
        var expected = InterestPlanner.Plan(policies, services, pods);

        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            random.Shuffle(policies);
            random.Shuffle(services);
            random.Shuffle(pods);
            Assert.True(expected.SameAs(InterestPlanner.Plan(policies, services, pods)), $"seed {seed}");
        }
    }

    private static string[] Keys(InterestPlan plan) =>
        [.. plan.Endpoints.Select(endpoint => new IPEndPoint(endpoint.Key.Address, endpoint.Key.Port).ToString())];

    private static PolicyView Policy() => new("shop", "web", Early, "web", null, LatencySource.Ebpf, 8080, "/");

    private static ServiceView Service() =>
        new("shop", "web", new Dictionary<string, string> { ["app"] = "web" }, [new ServicePortView("http", 80, "9000")], []);

    /// <summary>Whatever Services there are: every pod of the node is a client.</summary>
    [Fact]
    public void Plan_PodsOfAMesh_NamesTheFirst()
    {
        Assert.Null(InterestPlanner.Plan([], [], [Pod("a", "10.0.0.1")]).Meshed);
        PodView[] pods = [Pod("c", "10.0.0.3") with { Mesh = "Kuma sidecar" }, Pod("b", "10.0.0.2") with { Mesh = "Istio sidecar" }];
        var plan = InterestPlanner.Plan([], [], pods);
        Assert.Equal(("shop/b", "Istio sidecar"), plan.Meshed);
        Assert.False(plan.SameAs(InterestPlan.Empty));
    }

    private static PodView Pod(string name, string address, bool ready = true) => new(
        $"uid-{name}", "shop", name, Early, [IPAddress.Parse(address)], new Dictionary<string, string> { ["app"] = "web", ["pod"] = name },
            ready, HostNetwork: false, new Dictionary<string, int>());
}
