using System.Diagnostics;
using System.Globalization;
using Aviator.Controller.Collection;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;
using Aviator.Tests.Fixtures;
using Xunit;

namespace Aviator.Tests.Unit.Agent;

/// <summary>The way of a failed probe: sockets, the agent, its report, the controller's windows, the decision.</summary>
public sealed class ProbedPodTests(ITestOutputHelper output)
{
    private const int Pods = 4;
    private const int ReadsBetween = 5;
    private const int MostEvaluations = 20;

    private static readonly PolicySettings Settings = new()
    {
        EvaluationInterval = TimeSpan.FromMilliseconds(500),
        Source = LatencySource.Probe,
        Selection = new() { Percentage = 100 },
    };

    [Fact]
    [Trait("Catalogue", "24")]
    [Trait("Catalogue", "49")]
    public async Task Decide_PodThatAcceptsAndSaysNothing_LeavesWithinThreeReports()
    {
        var hung = new TaskCompletionSource();
        var servers = Enumerable.Range(0, Pods).Select(pod => new RawServer(async (stream, stop) =>
        {
            await stream.ReadAtLeastAsync(new byte[16], 16, cancellationToken: stop);
            if (pod == 0 && hung.Task.IsCompleted) await Task.Delay(-1, stop);
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), stop);
        })).ToList();
        try
        {
            await using var agent = await RunningAgent.StartAsync((_, _) => new HandDrivenCounters(), null, [.. Options(servers)]);
            var (store, state) = (new WindowStore(), PolicyState.Initial);
            await Eventually.TrueAsync(
                async () => (await agent.ReportAsync()).Endpoints.All(row => row.Probe is { Latency.Count: > 25 }), "enough probes");
            for (var i = 0; i < 4; i++) Assert.True((await EvaluateAsync()).Weight > 0);

            hung.SetResult();
            var (reports, verdict) = (0, await EvaluateAsync());
            for (var i = 0; i < MostEvaluations && reports < 3; i++, verdict = await EvaluateAsync())
                if (verdict.Reason.Contains("no good probe", StringComparison.Ordinal) && ++reports == 3)
                    break;
            Assert.Equal((3, 0), (reports, verdict.Weight));
            Assert.Contains("while others answer", verdict.Reason, StringComparison.Ordinal);

            async Task<EndpointDecision> EvaluateAsync()
            {
                await agent.ReadsAsync(ReadsBetween);
                var now = Stopwatch.GetElapsedTime(0);
                Assert.Null(store.Accept(await agent.ReportAsync(), now));
                var observed = store.Observe(Settings, [.. servers.Select(Member)], state, now);
                var outcome = PolicyDecision.Decide(Settings, observed, state, now, seed: 1);
                state = outcome.Next;
                var first = outcome.Decision.Endpoints["uid-0"];
                output.WriteLine(first.Reason);
                Assert.Equal(Pods - 1, outcome.Decision.Endpoints.Values.Count(other => other.Key != first.Key && other.Weight > 0));
                return first;
            }
        }
        finally
        {
            foreach (var server in servers) await server.DisposeAsync();
        }
    }

    private static MeasuredEndpoint Member(RawServer server, int pod) =>
        new($"uid-{pod}", $"pod-{pod}", "127.0.0.1", server.EndPoint.Port, "node-1");

    private static IEnumerable<string> Options(List<RawServer> servers) => servers.SelectMany((server, pod) => (string[])
    [
        $"Endpoints:{pod}:Address=127.0.0.1", string.Create(CultureInfo.InvariantCulture, $"Endpoints:{pod}:Port={server.EndPoint.Port}"),
        $"Endpoints:{pod}:Pod=pod-{pod}", $"Endpoints:{pod}:PodUid=uid-{pod}",
    ]).Append("Source=probe");
}
