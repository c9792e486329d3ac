using System.Net;
using System.Net.Http.Headers;
using Aviator.Controller.Collection;
using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Processes;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>
/// Who may read the measurements, judged by a real API server on real tokens, asked with the rights of the agent's own account.
/// </summary>
[Collection(Disruptive.Name)]
public sealed class AccessClusterTests(ClusterFixture cluster) : IAsyncLifetime
{
    private const string System = "aviator-system";
    private const string Audience = "aviator-agent";
    private const string Account = "aviator-controller";

    private readonly RawServer _endpoint = RawServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    private string _kubeconfig = "";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await cluster.RequireAsync(Stop);
        await cluster.Api.Kubectl.TryAsync(["create", "namespace", System], cancellationToken: Stop);
        await cluster.Api.Kubectl.RunAsync(["apply", "-f", Path.Combine(AviatorProgram.Root, "config", "rbac")], cancellationToken: Stop);
        _kubeconfig = await AccountToken.KubeconfigAsync(cluster.Api,
            await AccountToken.CreateAsync(cluster.Api, System, "aviator-agent", null, Stop), Stop);
    }

    public async ValueTask DisposeAsync()
    {
        await _endpoint.DisposeAsync();
        if (_kubeconfig.Length == 0) return;
        Directory.Delete(Path.GetDirectoryName(_kubeconfig)!, recursive: true);
        await cluster.Api.Kubectl.TryAsync(["delete", "-f", Path.Combine(AviatorProgram.Root, "config", "rbac"), "--ignore-not-found"],
            cancellationToken: CancellationToken.None);
    }

    [Fact]
    public async Task Latencies_RealTokens_LetInTheControllerAlone()
    {
        await using var agent = await StartAsync();
        var good = await AccountToken.CreateAsync(cluster.Api, System, Account, Audience, Stop);
        var apiServers = await AccountToken.CreateAsync(cluster.Api, System, Account, null, Stop);
        var others = await AccountToken.CreateAsync(cluster.Api, System, "aviator-agent", Audience, Stop);

        Assert.Equal(HttpStatusCode.OK, (await GetAsync(agent, good)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(agent, null)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(agent, "garbage")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(agent, AccountToken.Forged(good))).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(agent, apiServers)).Status);
        var (status, body) = await GetAsync(agent, others);
        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Contains("system:serviceaccount:aviator-system:aviator-agent is not let in", body, StringComparison.Ordinal);
        foreach (var path in (string[])["/healthz", "/metrics"])
            Assert.Equal(HttpStatusCode.OK, (await GetAsync(agent, null, path)).Status);
    }

    [Fact]
    public async Task Latencies_ExpiredToken_Is401()
    {
        var key = Path.Combine(Path.GetDirectoryName(cluster.Api.Kubeconfig)!, "keys", "service-account.key");
        Assert.SkipUnless(File.Exists(key),
            "An expired token is made with the cluster's signing key, which only a cluster of eng/cluster lays beside its kubeconfig.");
        await using var agent = await StartAsync();
        var good = await AccountToken.CreateAsync(cluster.Api, System, Account, Audience, Stop);
        Assert.Equal(HttpStatusCode.Unauthorized,
            (await GetAsync(agent, AccountToken.Expired(good, await File.ReadAllTextAsync(key, Stop)))).Status);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(agent, good)).Status);
    }

    [Fact]
    public async Task Latencies_AccountIsDeleted_IsRefusedOnceTheTokenIsLookedAtAgain()
    {
        await using var agent = await StartAsync("Access:RecheckAfter=00:00:01", "Access:CacheFor=00:00:02", "Access:RefusedFor=00:00:01");
        var token = await AccountToken.CreateAsync(cluster.Api, System, Account, Audience, Stop);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(agent, token)).Status);
        await cluster.Api.Kubectl.RunAsync(["delete", "serviceaccount", Account, "-n", System], cancellationToken: Stop);
        await Waiting.UntilAsync("the refusal", TimeLimits.Kubernetes, async () =>
            (await GetAsync(agent, token)).Status == HttpStatusCode.Unauthorized, Stop);
    }

    [Fact]
    public async Task Latencies_AgentMayNotReview_Is503AndToldWhatToGrant()
    {
        await using var agent = await StartAsync();
        await cluster.Api.Kubectl.RunAsync(["delete", "clusterrolebinding", "aviator-agent"], cancellationToken: Stop);
        var token = await AccountToken.CreateAsync(cluster.Api, System, Account, Audience, Stop);
        var (status, body) = await GetAsync(agent, token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("grant its account 'create' on tokenreviews", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_TokenFile_ReadsTheReport()
    {
        await using var agent = await StartAsync();
        var file = Path.Combine(Path.GetDirectoryName(_kubeconfig)!, "token");
        await File.WriteAllTextAsync(file, await AccountToken.CreateAsync(cluster.Api, System, Account, Audience, Stop), Stop);
        using var client = new AgentClient(TimeSpan.FromSeconds(10), new AgentToken(file, TimeProvider.System));
        Assert.Equal("node-1", (await client.GetAsync(new("agent", agent.Client.BaseAddress!), null, Stop)).Node);
    }

    private Task<RunningAgent> StartAsync(params string[] options) => RunningAgent.StartAsync((_, _) => new HandDrivenCounters(), null,
    [
        "Endpoints:0:Address=127.0.0.1", $"Endpoints:0:Port={_endpoint.EndPoint.Port}", $"Kubeconfig={_kubeconfig}", "Access:Mode=token",
        $"Access:Users=system:serviceaccount:{System}:{Account}", .. options,
    ]);

    private static async Task<(HttpStatusCode Status, string Body)> GetAsync(RunningAgent agent, string? token, string path = "/latencies")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await agent.Client.SendAsync(request, Stop);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Stop));
    }
}
