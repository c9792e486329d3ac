using System.Text.Json;
using Aviator.Tests.Cluster.Fixtures;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>What a real API server makes of the shipped schema. No controller is asked.</summary>
public sealed class CrdClusterTests(ClusterFixture cluster) : IAsyncLifetime
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    private string _namespace = "";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await cluster.RequireAsync(Stop);
        _namespace = await TestNamespace.CreateAsync(cluster.Api, Stop);
    }

    public async ValueTask DisposeAsync()
    {
        if (_namespace.Length > 0) await TestNamespace.RemoveAsync(cluster.Api, _namespace, CancellationToken.None);
    }

    [Theory]
    [InlineData("targetRef: {name: web, kind: Deployment}", "supported values: \"Service\"")]
    [InlineData("targetRef: {}", "missing required field \"name\"")]
    [InlineData("targetRef: {name: Web_1}", "targetRef.name in body should match")]
    [InlineData("targetRef: {name: web, port: 0}", "targetRef.port in body should be greater than or equal to 1")]
    [InlineData("targetRef: {name: web, port: 70000}", "targetRef.port in body should be less than or equal to 65535")]
    [InlineData("targetRef: {name: web}\n  mode: Dream", "supported values: \"Enforce\", \"Observe\"")]
    [InlineData("targetRef: {name: web}\n  routing: Twin", "supported values: \"Service\", \"Shadow\"")]
    [InlineData("targetRef: {name: web}\n  latencySource: guess", "supported values: \"ebpf\", \"probe\"")]
    [InlineData("targetRef: {name: web}\n  evaluationInterval: soon", "evaluationInterval in body should match")]
    [InlineData("targetRef: {name: web}\n  evaluationInterval: -5s", "evaluationInterval in body should match")]
    [InlineData("targetRef: {name: web}\n  targetPort: 65536", "targetPort in body should be less than or equal to 65535")]
    [InlineData("targetRef: {name: web}\n  probe: {path: health}", "probe.path in body should match")]
    [InlineData("targetRef: {name: web}\n  selection: {mode: best}",
        "supported values: \"adaptive\", \"prequal\", \"topN\", \"percentage\", \"threshold\"")]
    [InlineData("targetRef: {name: web}\n  selection: {topN: 0}", "selection.topN in body should be greater than or equal to 1")]
    [InlineData("targetRef: {name: web}\n  selection: {percentage: 101}",
        "selection.percentage in body should be less than or equal to 100")]
    [InlineData("targetRef: {name: web}\n  circuitBreaker: {consecutiveViolations: 0}",
        "consecutiveViolations in body should be greater than or equal to 1")]
    [InlineData("targetRef: {name: web}\n  circuitBreaker: {p99Threshold: fast}", "p99Threshold in body should match")]
    [InlineData("targetRef: {name: web}\n  dampening: {thresholdPercent: 0}",
        "thresholdPercent in body should be greater than or equal to 1")]
    [InlineData("targetRef: {name: web}\n  measurement: {minSamples: 1}", "minSamples in body should be greater than or equal to 5")]
    [InlineData("targetRef: {name: web}\n  safety: {minEndpoints: 0}", "minEndpoints in body should be greater than or equal to 1")]
    [InlineData("targetRef: {name: web}\n  safety: {panicThreshold: 101}", "panicThreshold in body should be less than or equal to 100")]
    public async Task Apply_BadValue_IsRefusedWithAMessageThatNamesIt(string spec, string message)
    {
        var answer = await ApplyAsync(spec);
        Assert.False(answer.Ok, "the server took it");
        Assert.Contains(message, answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_OnlyTheService_FillsInEveryDefault()
    {
        Assert.True((await ApplyAsync("targetRef: {name: web}")).Ok);
        var spec = (await cluster.Api.PolicyAsync(_namespace, "web", Stop))!.Value.GetProperty("spec");
        var expected = JsonSerializer.SerializeToElement(
            new Controller.Api.V1Alpha1.AviatorPolicySpec { TargetRef = new() { Name = "web" } },
            Json);
        Assert.True(JsonElement.DeepEquals(expected, spec), $"expected {expected}\nfound    {spec}");
    }

    [Fact]
    public async Task Get_ByShortName_ShowsTheDocumentedColumns()
    {
        Assert.True((await ApplyAsync("targetRef: {name: web}")).Ok);
        var table = await cluster.Api.Kubectl.RunAsync(["get", "avp", "-n", _namespace], cancellationToken: Stop);
        Assert.Equal(["NAME", "ACTIVE", "TOTAL", "P99MS", "SOURCE", "MODE", "AGE"],
            table.Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Explain_Field_TellsWhatItMeans() =>
        Assert.Contains("All ready endpoints get traffic",
            (await cluster.Api.Kubectl.RunAsync(["explain", "avp.spec.safety.panicThreshold"], cancellationToken: Stop))
            .ReplaceLineEndings(" ").Replace("  ", " ", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);

    private async Task<(bool Ok, string Text)> ApplyAsync(string spec)
    {
        var manifest = $"apiVersion: aviator.example.com/v1alpha1\nkind: AviatorPolicy\nmetadata: {{name: web}}\nspec:\n  {spec}\n";
        var result = await cluster.Api.Kubectl.TryAsync(["apply", "-n", _namespace, "-f", "-"], manifest, Stop);
        return (result.ExitCode == 0, result.Output + result.Error);
    }
}
