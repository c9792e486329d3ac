using System.Diagnostics;
using Aviator.Controller.Telemetry;
using Aviator.Kubernetes;
using Aviator.Redis;
using Aviator.ServiceDefaults;
using OpenTelemetry.Trace;
using Xunit;

namespace Aviator.Tests.Unit.Telemetry;

/// <summary>Runs alone: any other test's listener would hear the same sources.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class NobodyListens
{
    public const string Name = "nobody listens to spans";
}

/// <summary>What tracing costs when no endpoint is set, and which traces are exported when one is.</summary>
[Collection(NobodyListens.Name)]
public sealed class TracingTests
{
    [Fact]
    public void Start_NothingListens_AllocatesNothing()
    {
        const int calls = 100_000;
        var server = new Uri("https://127.0.0.1:6443");
        Once();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var began = Stopwatch.GetTimestamp();
        for (var call = 0; call < calls; call++) Once();
        var time = Stopwatch.GetElapsedTime(began);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - allocated);
        TestContext.Current.TestOutputHelper?.WriteLine($"{time.TotalNanoseconds / calls / 3:0.0} ns per span that nothing listens to");

        void Once()
        {
            using var request = ApiTracing.Start(HttpMethod.Get, server, "api/v1/namespaces/shop/pods?limit=500");
            using var command = RedisTracing.Start("node.write");
            Assert.True(request is null && command is null && EvaluationStages.Begin() is null, "something listens");
        }
    }

    [Fact]
    public void Sampler_QuietTraces_KeepsTheFirstAndThenTheShareAskedFor()
    {
        const int traces = 60_000, keepOneIn = 60;
        var sampler = new QuietTraceSampler(keepOneIn);
        var kept = Enumerable.Range(0, traces).Select(_ => Keeps(sampler, default)).ToList();
        Assert.True(kept[0]);
        // A thousand are expected; chance stays within six standard deviations of that.
        Assert.InRange(kept.Count(keep => keep), 1000 - 190, 1000 + 190);
    }

    [Fact]
    public void Sampler_ChangesAndChildren_AreNotDrawn()
    {
        var sampler = new QuietTraceSampler(TelemetryOptions.MostQuiet);
        _ = Keeps(sampler, default);
        Assert.All(Enumerable.Range(0, 100), _ => Assert.True(Keeps(sampler, default, Change)));
        Assert.All(Enumerable.Range(0, 100), _ => Assert.True(Keeps(sampler, Parent(ActivityTraceFlags.Recorded))));
        Assert.All(Enumerable.Range(0, 100), _ => Assert.False(Keeps(sampler, Parent(ActivityTraceFlags.None), Change)));
    }

    [Theory]
    [InlineData("api/v1/pods?limit=500&watch=true", "pods", "/api/v1/pods")]
    [InlineData("api/v1/namespaces/shop/pods/web-1", "pods", "/api/v1/namespaces/{namespace}/pods/{name}")]
    [InlineData("api/v1/namespaces/shop", "namespaces", "/api/v1/namespaces/{name}")]
    [InlineData("api/v1/nodes/a", "nodes", "/api/v1/nodes/{name}")]
    [InlineData("apis/discovery.k8s.io/v1/namespaces/shop/endpointslices/web-x?dryRun=All", "endpointslices",
        "/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices/{name}")]
    [InlineData("apis/aviator.example.com/v1alpha1/namespaces/shop/aviatorpolicies/web/status", "aviatorpolicies/status",
        "/apis/aviator.example.com/v1alpha1/namespaces/{namespace}/aviatorpolicies/{name}/status")]
    [InlineData("apis/authentication.k8s.io/v1/tokenreviews", "tokenreviews", "/apis/authentication.k8s.io/v1/tokenreviews")]
    [InlineData("apis/discovery.k8s.io", "/apis/discovery.k8s.io", "/apis/discovery.k8s.io")]
    [InlineData("version", "/version", "/version")]
    public void Route_OfAPath_NamesNoObject(string path, string resource, string template) =>
        Assert.Equal(new ApiRoute(resource, template), ApiRoute.Parse(path));

    private static KeyValuePair<string, object?> Change => new(Extensions.ChangedTag, true);

    private static ActivityContext Parent(ActivityTraceFlags flags) =>
        new(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), flags);

    private static bool Keeps(QuietTraceSampler sampler, ActivityContext parent, params KeyValuePair<string, object?>[] tags)
    {
        var id = parent.TraceId == default ? ActivityTraceId.CreateRandom() : parent.TraceId;
        return sampler.ShouldSample(new(parent, id, "evaluate", ActivityKind.Internal, tags)).Decision == SamplingDecision.RecordAndSample;
    }
}
