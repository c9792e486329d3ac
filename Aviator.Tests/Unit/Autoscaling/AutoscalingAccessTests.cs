using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Xunit;

namespace Aviator.Tests.Unit.Autoscaling;

/// <summary>Who may read the figures, over real TLS: the aggregator for whom it speaks, and bearers of tokens; nobody else.</summary>
public sealed class AutoscalingAccessTests : IAsyncLifetime
{
    private const string Metric = "/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/aviator_requests_per_second";
    private const string Discovery = "/apis/external.metrics.k8s.io/v1beta1";
    private const string Figures = "/autoscaling/v1/namespaces/shop/services/web";
    private const string Autoscaler = "system:serviceaccount:kube-system:horizontal-pod-autoscaler";
    private const string Keda = "system:serviceaccount:shop:keda";

    private ServedFigures _world = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _world = await ServedFigures.StartAsync(Stop);
        _world.Api.Rights[$"{Autoscaler} list external.metrics.k8s.io/aviator_requests_per_second shop"] = true;
        _world.Api.Rights[$"{Keda} get aviator.example.com/aviatorpolicies shop"] = true;
        _world.Api.Users["good"] = Keda;
        _world.Api.Users["other"] = "system:serviceaccount:shop:other";
        new MeasuredService("web").Evaluate(_world.Keeper, 20, new(120.5, 7, 0.25));
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Metric_ForTheAutoscaler_IsAnsweredOverHttp2()
    {
        using var answer = await _world.ForAutoscaler().GetAsync(Metric, Stop);

        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (answer.StatusCode, answer.Version));
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        var review = _world.Api.LastAccess!;
        Assert.Equal(Autoscaler, (string)review["user"]!);
        Assert.Equal(["system:authenticated"], review["groups"]!.AsArray().Select(group => (string)group!));
    }

    [Fact]
    public async Task Metric_ForWhoMayNot_Is403_AndSaysWhichRightIsMissing()
    {
        var (status, message) = await GetAsync(_world.ForAutoscaler(), Metric.Replace("shop", "bank", StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Equal(
            $"{Autoscaler} may not list aviator_requests_per_second in API group external.metrics.k8s.io in namespace bank.",
            message, ignoreCase: true);
    }

    /// <summary>A group's right is its members', and what else the authenticator said goes along.</summary>
    [Fact]
    public async Task Metric_ForAMemberOfAGroup_IsJudgedByTheGroup()
    {
        _world.Api.Rights["sre list external.metrics.k8s.io/aviator_requests_per_second shop"] = true;
        var client = _world.Client(_world.Proxies.Client(ServedFigures.Aggregator));
        client.DefaultRequestHeaders.Add("X-Remote-User", "jane");
        client.DefaultRequestHeaders.Add("X-Remote-Group", "sre");
        client.DefaultRequestHeaders.Add("X-Remote-Extra-Acme.example%2Fproject", "p1");

        Assert.Equal(HttpStatusCode.OK, (await GetAsync(client, Metric)).Status);
        Assert.Equal("p1", (string)_world.Api.LastAccess!["extra"]!["acme.example/project"]![0]!);
    }

    [Fact]
    public async Task Caller_WithoutCertificateAndToken_Is401_EvenForDiscovery()
    {
        var client = _world.Client();
        client.DefaultRequestHeaders.Add("X-Remote-User", Autoscaler);
        client.DefaultRequestHeaders.Add("X-Remote-Group", "system:masters");
        foreach (var path in (string[])[Metric, Discovery, Figures, "/"])
            Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(client, path)).Status);
        Assert.Equal(0, _world.Api.AccessReviews);
    }

    [Theory]
    [InlineData("another authority", "is not signed by the authority")]
    [InlineData("expired", "is not signed by the authority")]
    [InlineData("another name", "which is not among requestheader-allowed-names")]
    [InlineData("a server's", "is not signed by the authority")]
    public async Task Caller_WithACertificateThatIsNotTheAggregators_Is401(string which, string reason)
    {
        using var stranger = new TestAuthority("front-proxy-ca");
        var client = _world.Client(which switch
        {
            "another authority" => stranger.Client(ServedFigures.Aggregator),
            "expired" => _world.Proxies.Client(ServedFigures.Aggregator, expired: true),
            "another name" => _world.Proxies.Client("kubelet"),
            _ => _world.Proxies.Server(ServedFigures.Aggregator),
        });
        client.DefaultRequestHeaders.Add("X-Remote-User", Autoscaler);

        var (status, message) = await GetAsync(client, Metric);

        Assert.Equal(HttpStatusCode.Unauthorized, status);
        Assert.Contains(reason, message, StringComparison.Ordinal);
        Assert.Equal(0, _world.Api.AccessReviews);
    }

    /// <summary>An API server whose list of names is empty lets every name through that its authority signed.</summary>
    [Fact]
    public async Task Aggregator_OfAnyName_IsKnown_WhereNoNamesAreGiven()
    {
        _world.Api.FrontProxy["requestheader-allowed-names"] = "[]";
        await _world.FrontProxy.ReadAsync(Stop);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(WithUser(_world.Client(_world.Proxies.Client("whoever"))), Metric)).Status);
    }

    [Fact]
    public async Task Aggregator_WhoNamesNobody_Is401() =>
        Assert.Equal(HttpStatusCode.Unauthorized,
            (await GetAsync(_world.Client(_world.Proxies.Client(ServedFigures.Aggregator)), Metric)).Status);

    /// <summary>The authority is replaced while the API server runs: what was known stays until another is published.</summary>
    [Fact]
    public async Task Aggregator_WithANewAuthority_IsKnownOnceItIsPublished()
    {
        using var next = new TestAuthority("front-proxy-ca-2");
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(ByNext(), Metric)).Status);

        _world.Api.FrontProxy["requestheader-client-ca-file"] = _world.Proxies.Pem + "\n" + next.Pem;
        await _world.FrontProxy.ReadAsync(Stop);

        Assert.Equal(HttpStatusCode.OK, (await GetAsync(ByNext(), Metric)).Status);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(_world.ForAutoscaler(), Metric)).Status);

        HttpClient ByNext() => WithUser(_world.Client(next.Client(ServedFigures.Aggregator)));
    }

    [Fact]
    public async Task Aggregator_OfAnApiServerThatPassesNothingOn_IsNotBelieved()
    {
        _world.Api.FrontProxy.Remove("requestheader-client-ca-file");
        await _world.FrontProxy.ReadAsync(Stop);
        var (status, message) = await GetAsync(_world.ForAutoscaler(), Metric);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("could not be read from the API server", message, StringComparison.Ordinal);
    }

    /// <summary>What was known stays while the API server is away, or publishes what is no authority.</summary>
    [Fact]
    public async Task Aggregator_ThatWasKnown_StaysKnown_WhileItCannotBeReadAgain()
    {
        _world.Api.FrontProxy["requestheader-client-ca-file"] = "-----BEGIN CERTIFICATE-----\nnot PEM\n-----END CERTIFICATE-----";
        await _world.FrontProxy.ReadAsync(Stop);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(_world.ForAutoscaler(), Metric)).Status);
        await _world.StopApiAsync();
        await _world.FrontProxy.ReadAsync(Stop);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(_world.ForAutoscaler(), Metric)).Status);
    }

    [Fact]
    public async Task Figures_WithTokens_AreForWhoMayReadPolicies()
    {
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(WithToken("good"), Figures)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await GetAsync(WithToken("other"), Figures)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GetAsync(WithToken("made-up"), Figures)).Status);
        // The right to policies is none to the metrics API.
        Assert.Equal(HttpStatusCode.Forbidden, (await GetAsync(WithToken("good"), Metric)).Status);
    }

    [Fact]
    public async Task Reviews_AreRemembered_AndAskedAgainAfterAMinute()
    {
        var client = WithToken("good");
        for (var i = 0; i < 5; i++) Assert.Equal(HttpStatusCode.OK, (await GetAsync(client, Figures)).Status);
        Assert.Equal((1, 1), (_world.Api.TokenReviews, _world.Api.AccessReviews));

        _world.Api.Rights.Clear();
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(client, Figures)).Status);
        _world.Time.Advance(TimeSpan.FromSeconds(61));

        Assert.Equal(HttpStatusCode.Forbidden, (await GetAsync(client, Figures)).Status);
    }

    [Fact]
    public async Task Refusal_IsAskedAgainAfterTenSeconds()
    {
        var client = WithToken("other");
        Assert.Equal(HttpStatusCode.Forbidden, (await GetAsync(client, Figures)).Status);
        _world.Api.Rights["system:serviceaccount:shop:other get aviator.example.com/aviatorpolicies shop"] = true;
        Assert.Equal(HttpStatusCode.Forbidden, (await GetAsync(client, Figures)).Status);
        _world.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(client, Figures)).Status);
    }

    [Fact]
    public async Task Caller_WhoCannotBeChecked_Is503_NeverLetIn()
    {
        _world.Api.Refusal = 403;
        var (status, message) = await GetAsync(WithToken("good"), Figures);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("grant its account 'create' on tokenreviews and subjectaccessreviews", message, StringComparison.Ordinal);

        await _world.StopApiAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await GetAsync(WithToken("good"), Figures)).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await GetAsync(_world.ForAutoscaler(), Metric)).Status);
    }

    [Fact]
    public async Task Standby_Is503_AndNamesTheLeader()
    {
        (_world.Leads, _world.Holder) = (false, "aviator-controller-x_0123abcd");
        var (status, message) = await GetAsync(_world.ForAutoscaler(), Metric);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Equal("This replica stands by and has no figures; aviator-controller-x leads.", message);
        // Discovery is the same everywhere, and the aggregator judges a server by it.
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(_world.ForAutoscaler(), Discovery)).Status);
    }

    [Fact]
    public async Task ServingCertificate_ThatWasReplaced_IsServedSoon_AndABrokenOneIsNot()
    {
        var (first, now) = ("", "");
        await GetAsync(_world.Client(seen: serial => first = serial), Discovery);
        var second = _world.ReplaceServingCertificate();
        _world.Time.Advance(TimeSpan.FromSeconds(11));
        await GetAsync(_world.Client(seen: serial => now = serial), Discovery);
        Assert.NotEqual(first, now);
        Assert.Equal(second, now);

        _world.BreakServingCertificate();
        _world.Time.Advance(TimeSpan.FromSeconds(11));
        await GetAsync(_world.Client(seen: serial => now = serial), Discovery);
        Assert.Equal(second, now);
    }

    [Fact]
    public async Task Method_ThatWrites_Is405()
    {
        using var answer = await _world.ForAutoscaler().PostAsync(Metric, null, Stop);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
    }

    private HttpClient WithToken(string token)
    {
        var client = _world.Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    private static HttpClient WithUser(HttpClient client)
    {
        client.DefaultRequestHeaders.Add("X-Remote-User", Autoscaler);
        return client;
    }

    /// <summary>The status, and of a refusal what its Status object says.</summary>
    private static async Task<(HttpStatusCode Status, string Message)> GetAsync(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(path, Stop);
        var body = await answer.Content.ReadAsStringAsync(Stop);
        if (answer.IsSuccessStatusCode) return (answer.StatusCode, body);
        using var status = JsonDocument.Parse(body);
        Assert.Equal(("Status", (int)answer.StatusCode),
            (status.RootElement.GetProperty("kind").GetString(), status.RootElement.GetProperty("code").GetInt32()));
        return (answer.StatusCode, status.RootElement.GetProperty("message").GetString()!);
    }
}
