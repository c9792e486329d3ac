using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Fixtures.Otlp;
using Aviator.Tests.Tooling;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>The agent's and the controller's process, as they are started, send what a person needs to follow a decision.</summary>
[Collection(Disruptive.Name)]
public sealed class TelemetryClusterTests(ClusterFixture cluster) : ClusterTest(cluster)
{
    [Fact]
    public async Task Decision_OfRealProcesses_IsTracedFromCollectToWriteAndLedToByItsEventAndLogLine()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await StopAviatorAsync();
        try
        {
            await Fixture.StartAgentAsync(receiver.Settings(grpc: true), Stop);
            await Fixture.StartControllerAsync(receiver.Settings(grpc: false), Stop);
            await Workload.AddAsync(Stop, "a", "b", "slow:300");
            await using var traffic = Traffic(await Workload.ExposeAsync(Stop));
            await ApplyPolicyAsync("selection: {mode: threshold}");
            await SteeredToAsync("a", "b");
            string? traceId = null;
            bool IsNews(OtlpLog log) => log.TraceId == traceId && log.Service == "aviator-controller" &&
                log.Body.StartsWith("Changed decision of AviatorPolicy", StringComparison.Ordinal);
            await Waiting.UntilAsync("the Event of the changed selection, with its trace", DecisionLimit, async () =>
                (traceId = await TraceOfAsync("SelectionChanged")) is not null, Stop);
            await Waiting.UntilAsync("the trace, and the log line that leads to it", DecisionLimit,
                () => Task.FromResult(receiver.Spans.Any(span => span.TraceId == traceId && span.Name == "commit") &&
                    receiver.Logs.Any(IsNews)), Stop);

            Assert.Empty(receiver.Faults);
            var trace = receiver.Spans.Where(span => span.TraceId == traceId).OrderBy(span => span.Start).ThenBy(span => span.End).ToList();
            var root = Assert.Single(trace, span => span.Name == "evaluate: selection changed");
            Assert.Equal(("aviator-controller", "", Namespace), (root.Service, root.ParentId, root.Attributes["aviator.policy.namespace"]));
            var stages = trace.Where(span => span.ParentId == root.SpanId && span.Scope == "Aviator.Controller").ToList();
            Assert.Equal(["collect", "rank", "decide", "write", "commit"], stages.Select(span => span.Name));
            Assert.Contains(trace, span =>
                span.ParentId == stages[3].SpanId && span is { Name: "PUT endpointslices", Scope: "Aviator.Kubernetes" });
            Assert.Superset(new HashSet<string> { "Aviator.Agent", "Aviator.Controller", "Aviator.Kubernetes" },
                receiver.Metrics.Select(metric => metric.Scope).ToHashSet());
            Assert.Contains(receiver.Metrics, metric => metric is { Service: "aviator-agent", Name: "aviator.agent.requests" });
            Assert.Contains(receiver.Metrics, metric =>
                metric is { Service: "aviator-controller", Name: "aviator.policy.evaluation.duration", Unit: "s", Kind: "histogram" });
        }
        finally
        {
            await StopAviatorAsync();
            await Fixture.RunAviatorAsync(CancellationToken.None);
        }
    }

    private async Task StopAviatorAsync()
    {
        await Fixture.Controller!.StopAsync(TimeLimits.ProgramEnd);
        await Fixture.Agent!.StopAsync(TimeLimits.ProgramEnd);
    }

    private async Task<string?> TraceOfAsync(string reason)
    {
        foreach (var note in await Api.ListAsync($"api/v1/namespaces/{Namespace}/events", Stop))
        {
            if (note.GetProperty("reason").GetString() == reason &&
                note.GetProperty("metadata").TryGetProperty("annotations", out var annotations) &&
                annotations.TryGetProperty("aviator.io/trace-id", out var id)) return id.GetString();
        }

        return null;
    }
}
