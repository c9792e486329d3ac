using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aviator.Agent.Interest;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Cluster;
using Aviator.Controller.Collection;
using Aviator.Controller.Policies;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using Aviator.Tests.Kit.Slices;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Aviator.Tests.Unit.Kubernetes;

/// <summary>
/// Which pods stand behind a Service, and at which address and port their latency decides: agent and controller work it out apart from each
/// other, from different readings of the same objects, so both are held to one table (MembershipCases.json). What the controller looks for
/// and no agent measures would never be decided on.
/// </summary>
public sealed class MembershipCaseTests
{
    private static readonly ObjectKey Web = new("shop", "web");

    public static TheoryData<string> Names => [.. Cases.Select(entry => (string)entry["name"]!)];

    private static List<JsonObject> Cases => [.. JsonNode.Parse(File.ReadAllText(Table()))!.AsArray().Select(entry => entry!.AsObject())];

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Catalogue", "17")]
    [Trait("Catalogue", "18")]
    public void Controller_Case_LooksForTheExpectedEndpoints(string name)
    {
        var (policy, service, pods, expected, _) = Read(name);
        using var client = new k8s.Kubernetes(new() { Host = "http://127.0.0.1:1" });
        var cluster = new ClusterView(
            new ApiConnection(client, TimeProvider.System), SliceDialect.V1, null, new(), TimeProvider.System,
                NullLogger<ClusterView>.Instance);
        foreach (var (key, pod) in pods) cluster.Pods.Upsert(key, PodReader.Read(new(key, "1", Typed<V1Pod>(pod))));
        var shape = ServiceReader.Read(new(Web, "1", Typed<V1Service>(service)));
        var port = SpecReader.Read(Typed<AviatorPolicy>(policy).Spec, out _)!.Port;

        var members = MeasuredEndpoints.Ready(shape, cluster.MembershipOf(shape), port);

        Assert.Equal(expected, members.Select(member => Row(member.Name, IPAddress.Parse(member.Address), member.Port))
            .Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Catalogue", "17")]
    [Trait("Catalogue", "18")]
    public void Agent_Case_MeasuresTheExpectedEndpoints(string name)
    {
        var (policy, service, pods, expected, unmeasurable) = Read(name);
        ServiceView?[] services = [Projections.Service(new(Web, "1", service))];

        var plan = InterestPlanner.Plan(
            [Projections.Policy(new(Web, "1", policy))!],
            services.OfType<ServiceView>(),
            pods.Select(pod => Projections.Pod(new(pod.Key, "1", pod.Object))).OfType<PodView>());

        // The row with the probe is the one that decides; others of the pod are measured beside it.
        var deciding = plan.Endpoints.Where(row => row is { Ready: true, Probe: not null });
        Assert.Equal(
            expected.Where(row => !unmeasurable.Contains(row.Split(' ')[0])),
            deciding.Select(row => Row(row.Pod, row.Key.Address, row.Key.Port)).Order(StringComparer.Ordinal));
        Assert.Equal(unmeasurable, plan.Unmeasurable.Select(pod => pod.Pod));
    }

    /// <summary>Kubernetes leaves such a pod out, which stays ready until it is removed; its slices would never agree with ours.</summary>
    [Fact]
    public void Controller_NodeOfAPodIsGone_LeavesThePodOut()
    {
        using var client = new k8s.Kubernetes(new() { Host = "http://127.0.0.1:1" });
        var cluster = new ClusterView(
            new ApiConnection(client, TimeProvider.System), SliceDialect.V1, null, new(), TimeProvider.System,
            NullLogger<ClusterView>.Instance);
        PodShape[] pods = [World.Ready("a", 1, "n-1"), World.Ready("b", 2, "n-2")];
        foreach (var pod in pods) cluster.Pods.Upsert(new(pod.Namespace, pod.Name), new(pod, null, []));

        cluster.Nodes.Replace(
            [.. pods.Select(pod => KeyValuePair.Create(new ObjectKey("", pod.NodeName!), new NodeFacts(null, MayServe: true)))]);
        Assert.Equal(["a", "b"], Ready(cluster));
        cluster.Nodes.Remove(new("", pods[1].NodeName!));
        Assert.Equal(["a"], Ready(cluster));

        static IEnumerable<string> Ready(ClusterView cluster) =>
            MeasuredEndpoints.Ready(World.Web, cluster.MembershipOf(World.Web), null).Select(member => member.Name).Order();
    }

    private static (JsonObject Policy, JsonObject Service,
        List<(ObjectKey Key, JsonObject Object)> Pods, List<string> Expected, List<string> Unmeasurable) Read(
        string name)
    {
        var entry = Cases.Single(entry => (string)entry["name"]! == name);
        var target = new JsonObject { ["name"] = Web.Name };
        if (entry["port"] is { } port) target["port"] = port.DeepClone();
        var service = entry["service"]!.DeepClone().AsObject();
        service["metadata"] = new JsonObject { ["uid"] = "s" };
        return (
            new() { ["metadata"] = new JsonObject { ["uid"] = "p" }, ["spec"] = new JsonObject { ["targetRef"] = target } },
            service,
            [.. entry["pods"]!.AsArray().Select(pod => Pod(pod!.AsObject()))],
            [.. Texts(entry["expected"]).Order(StringComparer.Ordinal)],
            [.. Texts(entry["unmeasurable"])]);
    }

    /// <summary>A pod as the API server sends it, from the few words of the table.</summary>
    private static (ObjectKey Key, JsonObject Object) Pod(JsonObject pod)
    {
        var (name, ns) = ((string)pod["name"]!, (string?)pod["namespace"] ?? Web.Namespace);
        var metadata = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = ns,
            ["uid"] = $"uid-{name}",
            ["labels"] = pod["labels"]?.DeepClone() ?? new JsonObject { ["app"] = "web" },
        };
        foreach (var time in (string[])["creationTimestamp", "deletionTimestamp"])
            if (pod[time] is { } given)
                metadata[time] = given.DeepClone();
        var spec = new JsonObject { ["nodeName"] = "node", ["hostNetwork"] = (bool?)pod["hostNetwork"] ?? false };
        foreach (var list in (string[])["containers", "initContainers"])
            if (pod[list] is { } given)
                spec[list] = given.DeepClone();
        var status = new JsonObject
        {
            ["phase"] = (string?)pod["phase"] ?? "Running",
            ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = (string?)pod["ready"] ?? "True" }),
            ["podIPs"] = new JsonArray([.. Texts(pod["ips"]).Select(ip => new JsonObject { ["ip"] = ip })]),
        };
        if (Texts(pod["ips"]).FirstOrDefault() is { } first) status["podIP"] = first;
        return (new(ns, name), new() { ["metadata"] = metadata, ["spec"] = spec, ["status"] = status });
    }

    private static string Row(string pod, IPAddress address, int port) => $"{pod} {new IPEndPoint(address, port)}";

    private static IEnumerable<string> Texts(JsonNode? list) => (list?.AsArray() ?? []).Select(text => (string)text!);

    private static T Typed<T>(JsonObject json) => KubernetesJson.Deserialize<T>(JsonSerializer.SerializeToElement(json));

    private static string Table([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "MembershipCases.json");
}
