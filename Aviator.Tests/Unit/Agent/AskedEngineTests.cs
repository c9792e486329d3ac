using System.Globalization;
using System.Text;
using Aviator.Controller.Collection;
using Aviator.Core.Decisions;
using Aviator.Core.Decisions.Selection;
using Aviator.Core.Measurement;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Fixtures.ApiServer;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Aviator.Tests.Unit.Agent;

/// <summary>The way of an engine's queue: a policy, the agent's questions, its report, the controller's windows.</summary>
public sealed class AskedEngineTests
{
    private static readonly PolicySettings Settings = new()
    {
        Selection = new() { Mode = SelectionModes.Prequal },
        CarriesWeights = true,
        Engine = InferenceEngine.VLLM,
    };

    [Fact]
    public async Task Report_PolicyWithAnEngine_HasItsQueueUntilItFallsSilent()
    {
        var (asked, status) = (0, "200 OK");
        await using var engine = new RawServer(async (stream, stop) =>
        {
            var request = new byte[4096];
            while (await stream.ReadAsync(request, stop) > 0)
            {
                // Without traffic the port is probed as well.
                if (request.AsSpan().StartsWith("GET /metrics "u8)) Interlocked.Increment(ref asked);
                var answer = $"HTTP/1.1 {Volatile.Read(ref status)}\r\nContent-Length: {EngineTexts.Vllm.Length}\r\n\r\n{EngineTexts.Vllm}";
                await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), stop);
            }
        });
        var served = new ServedCollections();
        await using var server = await FakeApiServer.StartAsync(served);
        served.Set("pods", Pod);
        served.Set("services", Service(engine.EndPoint.Port));
        served.Set("aviatorpolicies", Policy(engine: "{\"type\":\"vLLM\"}"));
        var counters = new HandDrivenCounters();
        await using var agent = await RunningAgent.StartAsync(
            (_, _) => counters, services => services.AddSingleton(server.Connect()));

        await Eventually.TrueAsync(async () => await EngineOfAsync() is not null, "the first sample");
        var sample = (await EngineOfAsync())!;
        Assert.Equal((7, 0.4321), (sample.Waiting, sample.CacheUse));
        Assert.InRange(sample.AgeSeconds, 0, EngineReport.GoodFor.TotalSeconds);
        Assert.Equal(new EngineObservation(7, 0.4321, 7), await ObserveAsync(Settings));
        Assert.Null(await ObserveAsync(Settings with { Engine = null }));
        Assert.Contains("aviator_agent_engine_questions_total{", await agent.MetricsAsync(), StringComparison.Ordinal);

        Volatile.Write(ref status, "503 Service Unavailable");
        await Eventually.TrueAsync(
            async () => await EngineOfAsync() is null, "the sample is too old", TimeSpan.FromSeconds(20));
        Assert.Null(await ObserveAsync(Settings));

        Volatile.Write(ref status, "200 OK");
        await Eventually.TrueAsync(async () => await EngineOfAsync() is not null, "a sample again", TimeSpan.FromSeconds(40));

        served.Set("aviatorpolicies", Policy(engine: "null"));
        await Eventually.TrueAsync(async () => await EngineOfAsync() is null, "nobody asks any more");
        await agent.ReadsAsync(20); // a question under way may still end
        var before = Volatile.Read(ref asked);
        await agent.ReadsAsync(20);
        Assert.Equal(before, Volatile.Read(ref asked));

        async Task<EngineReport?> EngineOfAsync() => (await agent.ReportAsync()).Endpoints.SingleOrDefault()?.Engine;

        async Task<EngineObservation?> ObserveAsync(PolicySettings settings)
        {
            var store = new WindowStore();
            Assert.Null(store.Accept(await agent.ReportAsync(), TimeSpan.FromSeconds(1)));
            var member = new MeasuredEndpoint("uid-a", "a", "127.0.0.1", engine.EndPoint.Port, "node-1");
            return Assert.Single(store.Observe(settings, [member], PolicyState.Initial, TimeSpan.FromSeconds(1))).Engine;
        }
    }

    private const string Pod = """
        {"metadata":{"namespace":"shop","name":"a","uid":"uid-a","creationTimestamp":"2026-01-01T00:00:00Z","labels":{"app":"llm"}},
         "spec":{"nodeName":"node-1","containers":[{"name":"c"}]},
         "status":{"phase":"Running","podIP":"127.0.0.1","podIPs":[{"ip":"127.0.0.1"}],
                   "conditions":[{"type":"Ready","status":"True"}]}}
        """;

    private static string Service(int port) => string.Create(
        CultureInfo.InvariantCulture,
        $$$"""
        {"metadata":{"namespace":"shop","name":"llm"},
         "spec":{"selector":{"app":"llm"},"ports":[{"port":80,"targetPort":{{{port}}}}]}}
        """);

    private static string Policy(string engine) =>
        $$$"""{"metadata":{"namespace":"shop","name":"llm"},"spec":{"targetRef":{"name":"llm"},"engine":{{{engine}}}}}""";
}
