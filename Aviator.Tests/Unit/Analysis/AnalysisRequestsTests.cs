using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Aviator.Controller.Analysis;
using Aviator.Tests.Unit.Autoscaling;
using Xunit;

namespace Aviator.Tests.Unit.Analysis;

/// <summary>The comparison of versions as delivery tools ask for it: over real HTTPS, with a token.</summary>
public sealed class AnalysisRequestsTests : IAsyncLifetime
{
    private const string Path = "/analysis/v1/namespaces/shop/services/web";
    private const string Tool = "system:serviceaccount:shop:delivery";

    private readonly List<AnalysisQuery> _asked = [];
    private ServedFigures _world = null!;
    private string _verdict = VerdictWords.Pass;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _world = await ServedFigures.StartAsync(Stop);
        _world.Api.Rights[$"{Tool} get aviator.example.com/aviatorpolicies shop"] = true;
        _world.Api.Users["good"] = Tool;
        _world.Api.Users["other"] = "system:serviceaccount:shop:other";
        _world.Analyses.Run = (service, query) =>
        {
            _asked.Add(query);
            return service.Name == "web"
                ? new(Report(_verdict), 200, "")
                : new(null, 404, $"There is no Service {service.Name} in namespace shop.");
        };
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    /// <summary>For a program that reads the verdict, as the web metric of Argo Rollouts.</summary>
    [Theory]
    [InlineData("pass")]
    [InlineData("worse")]
    [InlineData("inconclusive")]
    public async Task Get_SaysTheVerdictInItsBody(string verdict)
    {
        _verdict = verdict;
        var (status, body) = await SendAsync(HttpMethod.Get, $"{Path}?candidate=version%3Dv2&percentile=99");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(verdict, body.GetProperty("verdict").GetString());
        Assert.Equal(12.5, body.GetProperty("latency").GetProperty("candidateHighMs").GetDouble());
        Assert.False(body.TryGetProperty("failures", out _), "what is not known is left out");
        var query = Assert.Single(_asked);
        Assert.Equal(("version=v2", 0.99), ($"{query.Candidate}", query.Terms.Quantile));
    }

    /// <summary>For a program that looks at the status, as a webhook of Flagger.</summary>
    [Theory]
    [InlineData("pass", "", 200)]
    [InlineData("worse", "", 412)]
    [InlineData("inconclusive", "", 425)]
    [InlineData("inconclusive", ""","inconclusive":"pass" """, 200)]
    [InlineData("worse", ""","inconclusive":"pass" """, 412)]
    public async Task Post_SaysTheVerdictByItsStatus(string verdict, string more, int expected)
    {
        _verdict = verdict;
        var (status, body) = await SendAsync(
            HttpMethod.Post, $"{Path}?window=2m",
            $$$"""{"name":"web","namespace":"shop","phase":"Progressing","metadata":{"candidate":"version=v2"{{{more}}}}}""");

        Assert.Equal(expected, (int)status);
        Assert.Equal(verdict, body.GetProperty("verdict").GetString());
        var query = Assert.Single(_asked);
        Assert.Equal(("version=v2", TimeSpan.FromMinutes(2)), ($"{query.Candidate}", query.Window));
    }

    [Fact]
    public async Task Post_WithoutABody_IsAskedByItsPath() =>
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Post, $"{Path}?candidate=version%3Dv2")).Status);

    [Theory]
    [InlineData($"{Path}?candidat=x", "candidat: is not known; use candidate, baseline, window, ")]
    [InlineData($"{Path}?window=1d&confidence=5", "window: ")]
    public async Task WrongQuestion_Is400_AndSaysWhatToWrite(string path, string message)
    {
        var (status, body) = await SendAsync(HttpMethod.Get, path);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.StartsWith(message, body.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(_asked);
    }

    [Theory]
    [InlineData("{", 400)]
    [InlineData("[]", 400)]
    [InlineData("""{"metadata":{"candidate":7}}""", 400)]
    [InlineData(null, 413)]
    public async Task WrongBody_IsRefused(string? body, int expected)
    {
        var (status, answer) = await SendAsync(HttpMethod.Post, Path, body ?? $"{{\"name\":\"{new string('x', 20_000)}\"}}");
        Assert.Equal(expected, (int)status);
        Assert.NotEqual("", answer.GetProperty("message").GetString());
        Assert.Empty(_asked);
    }

    [Fact]
    public async Task OtherService_IsWhatTheAnalysisSays()
    {
        var (status, body) = await SendAsync(HttpMethod.Get, Path.Replace("web", "cart", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Equal("There is no Service cart in namespace shop.", body.GetProperty("message").GetString());
    }

    [Fact]
    public async Task WhoMayNotReadPolicies_IsRefused_AndNothingIsCompared()
    {
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(HttpMethod.Get, Path, token: "other")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(HttpMethod.Get, Path, token: null)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(HttpMethod.Post, Path, "{}", token: null)).Status);
        Assert.Empty(_asked);
    }

    [Fact]
    public async Task Standby_HasNoFigures()
    {
        (_world.Leads, _world.Holder) = (false, "aviator-controller-1_7");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await SendAsync(HttpMethod.Get, Path)).Status);
    }

    [Fact]
    public async Task OtherMethods_AreRefused()
    {
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await SendAsync(HttpMethod.Delete, Path)).Status);
        Assert.Equal(
            HttpStatusCode.MethodNotAllowed,
            (await SendAsync(HttpMethod.Post, "/autoscaling/v1/namespaces/shop/services/web", "{}")).Status);
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(
        HttpMethod method, string path, string? body = null, string? token = "good")
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await _world.Client().SendAsync(request, Stop);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Stop));
        return (answer.StatusCode, json.RootElement.Clone());
    }

    private static AnalysisReport Report(string verdict) => new()
    {
        Verdict = verdict,
        Reason = "It is so.",
        Namespace = "shop",
        Service = "web",
        Policy = "web",
        WindowSeconds = 60,
        Confidence = 95,
        Baseline = new("the others", 3, 3, 3000, 60),
        Candidate = new("version=v2", 1, 1, 100, 60),
        Latency = new()
        {
            Verdict = verdict,
            Percentile = 99,
            BaselineLowMs = 10,
            BaselineHighMs = 11,
            CandidateLowMs = 10,
            CandidateHighMs = 12.5,
        },
    };
}
