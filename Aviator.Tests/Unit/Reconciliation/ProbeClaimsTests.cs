using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Cluster;
using Aviator.Controller.Policies;
using Aviator.Controller.Readers;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using Aviator.Tests.Kit.Slices;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Aviator.Tests.Unit.Reconciliation;

/// <summary>Two policies over the same pods: a pod's port has one probe, and whose it is shows in the status of the other policy.</summary>
public sealed class ProbeClaimsTests : IDisposable
{
    private static readonly DateTime Noon = new(2026, 1, 2, 12, 0, 0, DateTimeKind.Utc);
    private readonly k8s.Kubernetes _client = new(new() { Host = "http://127.0.0.1:1" });
    private readonly ApiConnection _connection;
    private readonly PolicyStore _policies;
    private readonly ClusterView _cluster;

    public ProbeClaimsTests()
    {
        _connection = new ApiConnection(_client, TimeProvider.System);
        _policies = new(_connection, null, new(), TimeProvider.System, NullLogger<PolicyStore>.Instance);
        _cluster = new(_connection, SliceDialect.V1, null, new(), TimeProvider.System, NullLogger<ClusterView>.Instance);
        AddService("web", new LabelSet([new("app", "web")]));
        AddService("api", new LabelSet([new("tier", "front")]));
        AddPod("web-only", 1, ("app", "web"));
        AddPod("both-1", 2, ("app", "web"), ("tier", "front"));
        AddPod("both-2", 3, ("app", "web"), ("tier", "front"));
        AddPod("api-only", 4, ("tier", "front"));
    }

    public void Dispose() => _client.Dispose();

    [Fact, Trait("Catalogue", "19")]
    public async Task Judge_OlderPolicyProbesTheSamePodsElsewhere_IsRefusedWithTheFieldAndThePolicy()
    {
        AddPolicy("older", 1, "web", path: "/health");
        var newer = AddPolicy("newer", 2, "api", path: "/ready");

        var verdict = await JudgeAsync(newer);

        Assert.Equal((false, "ProbeConflict"), (verdict.Accepted.Holds, verdict.Accepted.Reason));
        Assert.Equal(
            "2 of 3 pods of Service api, both-1 among them, are probed for the older policy older already, at :8080/health and not at "
            + ":8080/ready, and a pod's port has one probe: set spec.probe.path: /health here too, or change policy older.",
            verdict.Accepted.Message);
        Assert.NotNull(verdict.LookAgainAfter);
        Assert.True((await JudgeAsync(_policies.Policies.Find(new("shop", "older"))!)).Accepted.Holds);
    }

    /// <summary>A port that is left out is the one that is measured, here 8080.</summary>
    [Theory]
    [InlineData(null, null, null)]
    [InlineData(null, 8080, null)]
    [InlineData(8080, null, null)]
    [InlineData(9090, null, "at :9090/ and not at :8080/")]
    [InlineData(null, 9090, "at :8080/ and not at :9090/")]
    public void Conflict_PortLeftOut_IsTheMeasuredOne(int? older, int? newer, string? told)
    {
        AddPolicy("older", 1, "web", port: older);
        var conflict = Conflict(AddPolicy("newer", 2, "api", port: newer));
        if (told is null) Assert.Null(conflict);
        else Assert.Contains(told, conflict, StringComparison.Ordinal);
    }

    [Fact]
    public void Conflict_OtherPortAndPath_NamesBothFields()
    {
        AddPolicy("older", 1, "web", path: "/health", port: 9090);

        Assert.Contains(
            "set spec.targetPort: 9090 and spec.probe.path: /health here too", Conflict(AddPolicy("newer", 2, "api")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Conflict_SameProbe_IsNone()
    {
        AddPolicy("older", 1, "web", path: "/health");

        Assert.Null(Conflict(AddPolicy("newer", 2, "api", path: "/health")));
    }

    /// <summary>Each port of a pod has its own row of figures, so its own probe.</summary>
    [Fact]
    public void Conflict_AnotherPortDecides_IsNone()
    {
        AddPolicy("older", 1, "web", path: "/health");

        Assert.Null(Conflict(AddPolicy("newer", 2, "api", decidingPort: "metrics")));
    }

    [Fact]
    public void Conflict_NoReadyPodShared_IsNone()
    {
        AddPolicy("older", 1, "web", path: "/health");
        _cluster.Pods.Remove(new("shop", "both-1"));
        AddPod("both-2", 3, ready: false, ("app", "web"), ("tier", "front"));

        Assert.Null(Conflict(AddPolicy("newer", 2, "api")));
    }

    /// <summary>A policy that is being deleted, or that lost its own Service to another one, claims no probe.</summary>
    [Fact]
    public void Conflict_OlderPolicyHasNoService_IsNone()
    {
        AddPolicy("leaving", 0, "web", path: "/gone", deleting: true);
        AddPolicy("owner", 1, "web");
        AddPolicy("loser", 2, "web", path: "/other");

        Assert.Null(Conflict(AddPolicy("newer", 3, "api")));
    }

    /// <summary>Agents ask what the oldest policy of a pod wants, so one between that was refused claims nothing of it.</summary>
    [Fact]
    public void Conflict_AgreesWithTheOldestOfThree_IsNone()
    {
        AddService("all", new LabelSet([new("tier", "front")]));
        AddPolicy("oldest", 1, "web", path: "/health");
        AddPolicy("refused", 2, "all", path: "/other");
        _cluster.Pods.Remove(new("shop", "api-only"));

        Assert.Null(Conflict(AddPolicy("newest", 3, "api", path: "/health")));
    }

    private string? Conflict(AviatorPolicy policy) =>
        new ProbeClaims(_policies, _cluster).Conflict(policy, SpecReader.Read(policy.Spec, out _)!, ServiceOf(policy));

    private async Task<AcceptanceVerdict> JudgeAsync(AviatorPolicy policy)
    {
        using var readers = new ReaderCatalog(_connection, null, TimeProvider.System, NullLogger<ReaderCatalog>.Instance);
        var acceptance = new Acceptance(new Preflight(_cluster, readers), _cluster, new(_policies, _cluster));
        return await acceptance.JudgeAsync(
            policy, SpecReader.Read(policy.Spec, out _)!, ServiceOf(policy), TestContext.Current.CancellationToken);
    }

    private ServiceShape ServiceOf(AviatorPolicy policy) => _cluster.Services.Find(PolicyStore.TargetOf(policy))!;

    private void AddService(string name, LabelSet selector) =>
        _cluster.Services.Upsert(new("shop", name), World.Web with { Name = name, Uid = name, Selector = selector });

    private void AddPod(string name, int index, params (string Key, string Value)[] labels) => AddPod(name, index, ready: true, labels);

    private void AddPod(string name, int index, bool ready, params (string Key, string Value)[] labels) => _cluster.Pods.Upsert(
        new("shop", name),
        new(
            World.Ready(name, index) with
            {
                Ready = ready,
                Labels = new LabelSet(labels.Select(label => KeyValuePair.Create(label.Key, label.Value))),
            },
            null, []));

    private AviatorPolicy AddPolicy(
        string name, int minute, string service, string path = "/", int? port = 8080, string? decidingPort = null, bool deleting = false)
    {
        var policy = new AviatorPolicy
        {
            Metadata = new()
            {
                NamespaceProperty = "shop",
                Name = name,
                CreationTimestamp = Noon.AddMinutes(minute),
                DeletionTimestamp = deleting ? Noon.AddHours(1) : null,
            },
            Spec = new()
            {
                Mode = "Observe",
                TargetRef = new() { Name = service, Port = decidingPort },
                TargetPort = port,
                Probe = new() { Path = path },
            },
        };
        _policies.Policies.Upsert(new("shop", name), policy);
        return policy;
    }
}
