using Aviator.Controller.Cluster;
using Aviator.Controller.Policies;
using Aviator.Controller.Readers;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Fixtures.ApiServer;
using Aviator.Tests.Kit.Slices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Readers;

/// <summary>Other people's APIs, slow or broken: steering does not stand still for them.</summary>
public sealed class ReaderCatalogTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private readonly FakeTimeProvider _time = new();
    private readonly ScriptedAnswers _script = new();
    private FakeApiServer _server = null!;
    private ReaderCatalog _catalog = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync(_script);
        _catalog = new(_server.Connect(), null, _time, NullLogger<ReaderCatalog>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        _catalog.Dispose();
        await _server.DisposeAsync();
    }

    /// <summary>An Ingress whose controller may read slices is told of, and holds nothing up.</summary>
    [Fact]
    public async Task Check_ReaderThatMayCope_IsAWarning()
    {
        NoneBut("ingresses", script => Listing(script, "v1", """{"spec":{"defaultBackend":{"service":{"name":"web"}}}}"""));
        var cluster = new ClusterView(_server.Connect(), SliceDialect.V1, null, new(), _time, NullLogger<ClusterView>.Instance);
        var preflight = new Preflight(cluster, _catalog);

        var found = await preflight.CheckAsync(World.Web, null, Stop);

        Assert.Null(found.Obstacle);
        Assert.StartsWith("Ingress shop/r: its controller may send", found.Warning, StringComparison.Ordinal);
        Assert.Null((await preflight.CheckAsync(World.Web, "ingress", Stop)).Warning);
    }

    /// <summary>A gateway that opens connections to pods is passed by where kernels alone steer: no obstacle, but worth a word.</summary>
    [Fact]
    public async Task CheckForKernel_RouteOfAGateway_IsAWarningThatSaysWhatReachesIt()
    {
        NoneBut("grpcroutes", script => Listing(script, "v1",
            """
            {"spec":{"rules":[{"backendRefs":[{"name":"web","port":80}]}]},"status":{"parents":[{"controllerName":"x.io/gate"}]}}
            """));
        var preflight = new Preflight(Empty(), _catalog);
        var service = World.Web with { ClusterIps = ["10.96.0.1"] };

        var found = await preflight.CheckForKernelAsync(service, null, Stop);

        Assert.Null(found.Obstacle);
        Assert.StartsWith("GRPCRoute shop/r of x.io/gate: ", found.Warning, StringComparison.Ordinal);
        Assert.Contains("past the nodes' kernels", found.Warning, StringComparison.Ordinal);
        Assert.Contains("spec.routing: KernelAndService reaches them", found.Warning, StringComparison.Ordinal);
        Assert.Null((await preflight.CheckForKernelAsync(service, "gateway", Stop)).Warning);
        Assert.Null((await preflight.CheckForKernelAsync(service with { Name = "other" }, null, Stop)).Warning);
        var steeredBySlices = (await preflight.CheckForBothAsync(service, null, Stop)).Warning;
        Assert.Contains("follows the selection if it reads EndpointSlices", steeredBySlices, StringComparison.Ordinal);
        Assert.DoesNotContain("past the nodes' kernels", steeredBySlices, StringComparison.Ordinal);
    }

    /// <summary>The group serves v1 for other kinds; this one came with a later version of the Gateway API.</summary>
    [Fact]
    public async Task Get_KindOfAnOlderVersion_IsListedByThat()
    {
        NoneBut("tcproutes", script => Listing(
            script.Then(Versions("v1", "v1alpha2")).Status(404, "NotFound"),
            """{"spec":{"rules":[{"backendRefs":[{"name":"web","port":80}]}]}}"""));

        var found = Assert.Single(await _catalog.GetAsync(Patience, Stop).WaitAsync(Limit, Stop));

        Assert.Equal(("TCPRoute shop/r", true), (found.Object, found.Reads(World.Web)));
        Assert.Equal(
            ["/apis/gateway.networking.k8s.io", "/apis/gateway.networking.k8s.io/v1/tcproutes?pretty=false&limit=500",
                "/apis/gateway.networking.k8s.io/v1alpha2/tcproutes?pretty=false&limit=500"],
            _server.Requests.Where((_, at) => at >= Before("tcproutes")).Take(3));
        Assert.Equal(0, _script.Unscripted);
    }

    [Fact]
    public async Task Get_OneNamespace_AsksForNothingThatNeedsTheWholeCluster()
    {
        using var inOne = new ReaderCatalog(_server.Connect(), "shop", _time, NullLogger<ReaderCatalog>.Instance);
        var asked = ReaderKinds.All.Count(kind => !kind.WholeCluster);
        for (var i = 0; i < asked; i++) _script.Status(404, "NotFound");

        Assert.Empty(await inOne.GetAsync(Patience, Stop).WaitAsync(Limit, Stop));
        Assert.Equal(asked, _server.Requests.Count);
        Assert.Equal(0, _script.Unscripted);
    }

    [Fact]
    public async Task Get_ServerHangsLater_GivesWhatWasKnown()
    {
        OneRollout().Then(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        var known = await _catalog.GetAsync(Patience, Stop).WaitAsync(Limit, Stop);
        Assert.Single(known);
        _time.Advance(ReaderCatalog.Lifetime);

        var later = _catalog.GetAsync(Patience, Stop);
        _time.Advance(Patience);

        Assert.Equal(known, await later.WaitAsync(Limit, Stop));
    }

    [Fact]
    public async Task Get_OneKindFailsLater_ItsOldListServesOnBesideTheNewOnes()
    {
        OneRollout();
        Assert.Single(await _catalog.GetAsync(Patience, Stop).WaitAsync(Limit, Stop));
        _time.Advance(ReaderCatalog.Lifetime);
        NoneBut(Rollouts, script => script.Status(500, "InternalError"));

        Assert.Single(await _catalog.GetAsync(Patience, Stop).WaitAsync(Limit, Stop));
        Assert.Equal(2 * ReaderKinds.All.Count + 1, _server.Requests.Count); // the first time the rollouts were listed, too
    }

    [Fact]
    public async Task Get_NeverListedAndFailing_IsTriedAgainAfterAPauseOnly()
    {
        _script.Status(500, "InternalError");
        await Assert.ThrowsAsync<ApiException>(() => _catalog.GetAsync(Patience, Stop));
        await Assert.ThrowsAsync<ApiException>(() => _catalog.GetAsync(Patience, Stop));
        Assert.Single(_server.Requests);
        _time.Advance(ReaderCatalog.Retry);
        OneRollout();

        Assert.Single(await _catalog.GetAsync(Patience, Stop).WaitAsync(Limit, Stop));
    }

    [Fact]
    public async Task Check_NeverListedAndFailing_HoldsUpATakeOverButNotWhatIsSteered()
    {
        _script.Status(500, "InternalError");
        var cluster = new ClusterView(_server.Connect(), SliceDialect.V1, null, new(), _time, NullLogger<ClusterView>.Instance);
        var preflight = new Preflight(cluster, _catalog);
        var steered = World.Web with { Selector = new LabelSet([.. World.Web.Selector.All, new(ServiceShape.SteeredKey, "true")]) };

        await Assert.ThrowsAsync<ApiException>(() => preflight.CheckAsync(World.Web, null, Stop));
        Assert.Null((await preflight.CheckAsync(steered, null, Stop)).Obstacle);
    }

    /// <summary>Namespaces belong to the core group, which is asked by no page of its own.</summary>
    [Fact]
    public async Task Get_NamespacesWithTheMeshsLabels_AreListedByLabel()
    {
        NoneButNamespaces(
            """{"metadata":{"name":"meshed"}}""", """{"metadata":{"name":"shop","labels":{"istio.io/use-waypoint":"front"}}}""");

        var found = (await _catalog.GetAsync(Patience, Stop)).Where(reader => reader.Reads(World.Web)).ToList();

        Assert.Equal(["namespace meshed (istio.io/dataplane-mode: ambient)", "waypoint front of namespace shop"],
            found.Select(reader => reader.Object));
        Assert.Equal(
            ["/api/v1/namespaces?pretty=false&labelSelector=istio.io%2Fdataplane-mode%3Dambient&limit=500",
                "/api/v1/namespaces?pretty=false&labelSelector=istio.io%2Fuse-waypoint&limit=500"],
            _server.Requests.TakeLast(2));
        Assert.True(_catalog.Sees(ReaderKinds.Waypoints));
    }

    /// <summary>A cluster in which a single namespace is in the mesh: its pods may be clients of any Service.</summary>
    [Fact]
    public async Task Check_NamespaceInTheAmbientMesh_IsNoLeaveToSteerAServiceOfAnother()
    {
        NoneButNamespaces("""{"metadata":{"name":"meshed"}}""", null);
        var preflight = new Preflight(Empty(), _catalog);

        var found = await preflight.CheckAsync(World.Web with { ClusterIps = ["10.96.0.1"] }, null, Stop);

        Assert.Equal("ReaderFound", found.Obstacle?.Reason);
        Assert.Contains("namespace meshed (istio.io/dataplane-mode: ambient)", found.Obstacle!.Message, StringComparison.Ordinal);
        Assert.Contains("Use spec.routing: Kernel or Shadow", found.Obstacle.Message, StringComparison.Ordinal);
        Assert.Null((await preflight.CheckAsync(World.Web, "mesh", Stop)).Obstacle);
        Assert.Null((await preflight.CheckForKernelAsync(World.Web with { ClusterIps = ["10.96.0.1"] }, null, Stop)).Obstacle);
    }

    [Theory]
    [InlineData("front", null, null, "waypoint front of namespace shop")]
    [InlineData("front", "none", null, null)]
    [InlineData("none", null, null, null)]
    [InlineData(null, "own", null, "waypoint own of Service web")]
    [InlineData("front", null, "mesh", null)]
    public async Task CheckForKernel_WaypointBeforeTheService_IsRefusedUnlessOptedOut(
        string? ofNamespace, string? ofService, string? allow, string? waypoint)
    {
        NoneButNamespaces(null, ofNamespace is null ? null
            : $$$"""{"metadata":{"name":"shop","labels":{"istio.io/use-waypoint":"{{{ofNamespace}}}"} } }""");
        var labels = ofService is null ? LabelSet.Empty : new LabelSet([new(Meshes.IstioWaypoint, ofService)]);
        var service = World.Web with { ClusterIps = ["10.96.0.1"], Labels = labels };

        var found = await new Preflight(InTheMesh(), _catalog).CheckForKernelAsync(service, allow, Stop);

        Assert.Equal(waypoint is null ? null : "ReaderFound", found.Obstacle?.Reason);
        Assert.Contains(waypoint ?? "", found.Obstacle?.Message ?? "", StringComparison.Ordinal);
    }

    /// <summary>With the rights in one namespace, a waypoint that its label may name is not seen.</summary>
    [Fact]
    public async Task CheckForKernel_LabelsOfNamespacesCannotBeRead_RefusesWhatIsInTheMeshAndNothingElse()
    {
        using var inOne = new ReaderCatalog(_server.Connect(), "shop", _time, NullLogger<ReaderCatalog>.Instance);
        foreach (var _ in ReaderKinds.All.Where(kind => !kind.WholeCluster)) _script.Status(404, "NotFound");
        var service = World.Web with { ClusterIps = ["10.96.0.1"] };

        var found = await new Preflight(InTheMesh(), inOne).CheckForKernelAsync(service, null, Stop);

        Assert.Contains("cannot be known without the right to list namespaces", found.Obstacle?.Message, StringComparison.Ordinal);
        Assert.Null((await new Preflight(Empty(), inOne).CheckForKernelAsync(service, null, Stop)).Obstacle);
        var optedOut = service with { Labels = new LabelSet([new(Meshes.IstioWaypoint, "none")]) };
        Assert.Null((await new Preflight(InTheMesh(), inOne).CheckForKernelAsync(optedOut, null, Stop)).Obstacle);
    }

    /// <summary>Orders grow old in seconds: a Service that no mesh is known of does not wait for other people's APIs.</summary>
    [Fact]
    public async Task CheckForKernel_ServerHangs_WaitsAMomentAndNoLonger()
    {
        _script.Then(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        var checking = new Preflight(Empty(), _catalog).CheckForKernelAsync(World.Web with { ClusterIps = ["10.96.0.1"] }, null, Stop);
        await Eventually.TrueAsync(() => !_server.Requests.IsEmpty, "the server to be asked");
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Null((await checking.WaitAsync(Limit, Stop)).Obstacle);
    }

    /// <summary>Whatever the labels say: these pods are redirected, and one of them may be a client.</summary>
    [Fact]
    public async Task Check_PodInTheAmbientMesh_RefusesItsServiceAndThoseOfOthers()
    {
        NoneButNamespaces(null, null);
        var cluster = InTheMesh();
        var preflight = new Preflight(cluster, _catalog);

        Assert.Contains("Istio ambient redirection of pod web-1", (await preflight.CheckAsync(World.Web, null, Stop)).Obstacle?.Message,
            StringComparison.Ordinal);
        var other = World.Web with { Namespace = "other", Selector = new LabelSet([new("app", "x")]) };
        Assert.Contains("pods in namespace shop", (await preflight.CheckAsync(other, null, Stop)).Obstacle?.Message,
            StringComparison.Ordinal);
        Assert.Contains("selected or not", preflight.CheckForTwin(World.Web).Warning, StringComparison.Ordinal);

        cluster.Pods.Remove(new("shop", "web-1"));
        Assert.Null((await preflight.CheckAsync(other, null, Stop)).Obstacle);
        Assert.Null(preflight.CheckForTwin(World.Web).Warning);
    }

    [Fact]
    public async Task Check_ManyNamespacesInTheMesh_NamesAFewAndSaysTheEffectOnce()
    {
        foreach (var _ in ReaderKinds.All.SkipLast(2)) _script.Status(404, "NotFound");
        _script.Then(context => context.Response.WriteAsync(
            "{\"items\":[" + string.Join(',', Enumerable.Range(1, 9).Select(at => $$$"""{"metadata":{"name":"n{{{at}}}"} }""")) + "]}"));
        _script.Status(403, "Forbidden");

        var message = (await new Preflight(Empty(), _catalog).CheckAsync(World.Web, null, Stop)).Obstacle!.Message;

        Assert.Contains("namespace n3 (istio.io/dataplane-mode: ambient) and 6 more: ", message, StringComparison.Ordinal);
        Assert.Equal(2, message.Split("ztunnel").Length);
        Assert.False(_catalog.Sees(ReaderKinds.Waypoints));
    }

    private ClusterView Empty() => new(_server.Connect(), SliceDialect.V1, null, new(), _time, NullLogger<ClusterView>.Instance);

    /// <summary>A pod of the Service is redirected to a ztunnel.</summary>
    private ClusterView InTheMesh()
    {
        var cluster = Empty();
        cluster.Pods.Upsert(new("shop", "web-1"), new(World.Ready("web-1"), null, []) { Ambient = true });
        return cluster;
    }

    /// <summary>No reader but what two lists of namespaces say: those in the ambient mesh, and those with a waypoint.</summary>
    private void NoneButNamespaces(string? meshed, string? waypoint)
    {
        foreach (var _ in ReaderKinds.All.SkipLast(2)) _script.Status(404, "NotFound");
        foreach (var one in new[] { meshed, waypoint })
            _script.Then(context => context.Response.WriteAsync($$"""{"metadata":{"resourceVersion":"1"},"items":[{{one}}]}"""));
    }

    private const string Rollouts = "rollouts";

    /// <summary>Of all kinds only Rollout exists, and there is one.</summary>
    private ScriptedAnswers OneRollout() =>
        NoneBut(Rollouts, script => Listing(script, "v1alpha1", """{"spec":{"strategy":{"canary":{"stableService":"web"}}}}"""));

    /// <summary>Answers to one listing of all kinds, of which the server knows one.</summary>
    private ScriptedAnswers NoneBut(string kind, Action<ScriptedAnswers> answer)
    {
        foreach (var candidate in ReaderKinds.All)
            if (candidate.Resource.Plural == kind) answer(_script);
            else _script.Status(404, "NotFound");
        return _script;
    }

    /// <summary>The group has this version, and there is one object, shop/r.</summary>
    private static void Listing(ScriptedAnswers script, string version, string body) => Listing(script.Then(Versions(version)), body);

    /// <summary>There is one object, shop/r.</summary>
    private static void Listing(ScriptedAnswers script, string body) => script.Then(context => context.Response.WriteAsync(
        """{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"namespace":"shop","name":"r"},""" + body[1..] + "]}"));

    /// <summary>The page of a group that has these versions.</summary>
    private static Func<HttpContext, Task> Versions(params string[] versions) => context => context.Response.WriteAsync(
        "{\"versions\":[" + string.Join(',', versions.Select(version => $$$"""{"version":"{{{version}}}"}""")) + "]}");

    /// <summary>How many kinds are asked for before this one, each of which the server answers once.</summary>
    private static int Before(string plural) => ReaderKinds.All.TakeWhile(kind => kind.Resource.Plural != plural).Count();
}
