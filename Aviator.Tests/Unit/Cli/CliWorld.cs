using System.Text.Json.Nodes;
using Aviator.Cli;
using Aviator.Tests.Fixtures.ApiServer;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Cli;

/// <summary>What one command printed and ended with.</summary>
internal sealed record CliResult(int Code, string Out, string Error)
{
    /// <summary>The output as JSON.</summary>
    public JsonNode Json => JsonNode.Parse(Out)!;
}

/// <summary>Commands in this process, against an API server on loopback, reached by a kubeconfig as a user's is.</summary>
internal sealed class CliWorld : IAsyncDisposable
{
    public const string Policies = "apis/aviator.example.com/v1alpha1/namespaces/shop/aviatorpolicies";
    public const string Pods = "api/v1/namespaces/shop/pods";
    public const string Services = "api/v1/namespaces/shop/services";
    public const string Slices = "apis/discovery.k8s.io/v1/namespaces/shop/endpointslices";
    public const string Events = "api/v1/namespaces/shop/events";
    public const string Leases = "apis/coordination.k8s.io/v1/namespaces/aviator-system/leases";

    /// <summary>What the clock shows.</summary>
    public static readonly DateTimeOffset Now = new(2026, 11, 29, 3, 0, 0, TimeSpan.Zero);

    private readonly string _kubeconfig = Path.Combine(Path.GetTempPath(), $"aviator-cli-{Guid.NewGuid():N}.yaml");

    private CliWorld(ClusterServer cluster, FakeApiServer server) => (Cluster, Server) = (cluster, server);

    public ClusterServer Cluster { get; }

    public string Kubeconfig => _kubeconfig;

    public FakeApiServer Server { get; }

    public TimeProvider Time { get; set; } = new FakeTimeProvider(Now);

    /// <summary>Columns of the output; none wraps by default, as where it is piped.</summary>
    public int Width { get; set; } = 4096;

    /// <summary>Whether the output is a terminal.</summary>
    public bool IsTerminal { get; set; }

    /// <summary>Environment variables.</summary>
    public Dictionary<string, string?> Variables { get; } = [];

    /// <summary>What a person answers to a question; null where none sits there.</summary>
    public string? Answer { get; set; }

    /// <summary>A cluster with the kinds that the commands read, and nothing in it.</summary>
    public static async Task<CliWorld> StartAsync()
    {
        var cluster = new ClusterServer().Kind(
            $"/{Policies}", $"/{Pods}", $"/{Services}", $"/{Slices}", $"/{Events}", $"/{Leases}", "/api/v1/nodes");
        cluster.Special["/apis/discovery.k8s.io"] = context => context.Response.WriteAsync("""{"versions":[{"version":"v1"}]}""");
        var world = new CliWorld(cluster, await FakeApiServer.StartAsync(cluster));
        await File.WriteAllTextAsync(world._kubeconfig, $$$"""
            apiVersion: v1
            kind: Config
            current-context: test
            clusters: [{name: test, cluster: {server: "{{{world.Server.Url}}}"}}]
            users: [{name: someone, user: {token: none}}]
            contexts: [{name: test, context: {cluster: test, user: someone, namespace: shop}}]
            """);
        return world;
    }

    /// <summary>Runs <c>kubectl aviator ARGS</c>.</summary>
    public async Task<CliResult> RunAsync(params string[] args)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        var host = new CliHost
        {
            Out = output,
            Error = error,
            Width = Width,
            Time = Time,
            CanAsk = Answer is not null,
            In = new StringReader(Answer ?? ""),
            IsTerminal = IsTerminal,
            Variable = name => Variables.GetValueOrDefault(name),
        };
        var code = await CommandLine.RunAsync([.. args, "--kubeconfig", _kubeconfig], host, limit.Token);
        Assert.False(limit.IsCancellationRequested, $"did not end in time; so far: {output}{error}");
        return new(code, $"{output}".TrimEnd('\n'), $"{error}");
    }

    /// <summary>A Lease that a controller renewed so long ago.</summary>
    public CliWorld Led(TimeSpan ago, string holder = "aviator-controller-0_1234")
    {
        var renewed = (Time.GetUtcNow() - ago).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'");
        Cluster.Put(Leases, $$$"""
            {"metadata":{"name":"aviator-controller","labels":{"app.kubernetes.io/name":"aviator"}},
             "spec":{"holderIdentity":"{{{holder}}}","leaseDurationSeconds":15,"renewTime":"{{{renewed}}}","leaseTransitions":3}}
            """);
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        File.Delete(_kubeconfig);
        await Server.DisposeAsync();
    }
}
