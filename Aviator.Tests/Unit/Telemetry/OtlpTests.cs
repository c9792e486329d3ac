using System.Net.Http.Json;
using Aviator.Controller.Events;
using Aviator.Controller.Steering;
using Aviator.ServiceDefaults;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Fixtures.Otlp;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Aviator.Tests.Unit.Telemetry;

/// <summary>Telemetry as a collector gets it, by a real OTLP receiver.</summary>
public sealed class OtlpTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Agent_EndpointIsSet_SendsMetricsAndLogs(bool grpc)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var endpoint = RawServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using (await RunningAgent.StartAsync(
            (_, _) => throw new InvalidOperationException("no rights."), null,
            ["Endpoints:0:Address=127.0.0.1", $"Endpoints:0:Port={endpoint.EndPoint.Port}", .. receiver.Settings(grpc).Select(setting => $"--{setting.Key}={setting.Value}")]))
            await Eventually.TrueAsync(() => receiver.Metrics.Any(metric => metric.Name == "aviator.agent.probe.duration") && !receiver.Logs.IsEmpty, "metrics and logs", Limit);

        Assert.Empty(receiver.Faults);
        Assert.Equal(["aviator-agent"], receiver.Metrics.Select(metric => metric.Service).Distinct());
        Assert.Contains(receiver.Metrics, metric => metric is { Scope: "Aviator.Agent", Name: "aviator.agent.probe.duration", Unit: "s", Kind: "histogram" });
        Assert.Contains(receiver.Metrics, metric => metric is { Name: "aviator.agent.requests", Unit: "{request}", Kind: "sum" });
        Assert.Contains(receiver.Metrics, metric => metric is { Name: "aviator.agent.endpoints", Unit: "{endpoint}", Kind: "gauge" });
        Assert.Contains(receiver.Logs, log => log.Service == "aviator-agent" && log.Body.Contains("no rights", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Controller_DecisionChanges_ItsLogLineAndEventsLeadToTheTraceOfItsEvaluation()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var host = Host(receiver.Settings(grpc: false));
        await host.StartAsync(Stop);
        using var world = new EvaluationWorld(loggers: host.Services.GetRequiredService<ILoggerFactory>());

        // As on a cluster: the write is made in one look, and seen in place by a later one.
        world.Apply = decision => decision.Admits("slow") ? new(SteeringPhase.Steered, "", 0, null) : new(SteeringPhase.Steered, "", 1, TimeSpan.FromMilliseconds(500));
        await world.UntilExcludedAsync(Stop);
        world.Apply = _ => new(SteeringPhase.Steered, "", 0, null);
        await world.EnforceAsync(Stop);
        var note = Assert.Single(world.Notes, note => note.Reason == EventReason.SelectionChanged);
        Assert.NotNull(note.TraceId);
        bool Commits(OtlpSpan span) => span.TraceId == note.TraceId && span.Name == "commit";
        await Eventually.TrueAsync(() => receiver.Spans.Any(Commits) && receiver.Logs.Any(log => log.TraceId == note.TraceId), "the trace and its log line", Limit);

        Assert.Empty(receiver.Faults);
        var trace = receiver.Spans.Where(span => span.TraceId == note.TraceId).OrderBy(span => span.Start).ThenBy(span => span.End).ToList();
        var root = Assert.Single(trace, span => span.Name == "evaluate");
        Assert.Equal(("aviator-controller", "Aviator.Controller", "", "web"), (root.Service, root.Scope, root.ParentId, root.Attributes["aviator.policy.name"]));
        Assert.Equal(["collect", "rank", "decide", "write", "commit"], trace.Where(span => span.ParentId == root.SpanId).Select(span => span.Name));
        Assert.Equal(("3", "1", "true"), (Tag("rank", "aviator.endpoints.ranked"), Tag("write", "aviator.writes"), Tag("commit", "aviator.changed")));
        Assert.True(trace.Single(span => span.Name == "commit").Start >= root.End);
        var line = Assert.Single(receiver.Logs, log => log.TraceId == note.TraceId);
        Assert.Equal(trace.Single(span => span.Name == "commit").SpanId, line.SpanId);
        Assert.StartsWith("Changed decision of AviatorPolicy shop/web (Enforce): 2 of 3 ready pods get traffic; out: slow", line.Body, StringComparison.Ordinal);
        Assert.EndsWith($"(trace {note.TraceId})", line.Body, StringComparison.Ordinal);

        string Tag(string span, string key) => trace.Single(candidate => candidate.Name == span).Attributes[key];
    }

    [Fact]
    public async Task Defaults_WithoutEndpoint_SendNothingAndServeHealthAndMetricsInEveryEnvironment()
    {
        await using var host = Host([]);
        await host.StartAsync(Stop);
        Assert.Empty(host.Services.GetServices<OpenTelemetry.Trace.TracerProvider>());
        using var client = new HttpClient { BaseAddress = new Uri(host.Urls.First()) };
        Assert.Equal("Production", host.Environment.EnvironmentName);
        foreach (var path in (string[])["/healthz", "/readyz"])
            Assert.Equal("Healthy", (await client.GetFromJsonAsync<System.Text.Json.JsonElement>(path, Stop)).GetProperty("status").GetString());
        Assert.Contains("dotnet_process_memory_working_set", await client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Stop), StringComparison.Ordinal);
    }

    private static WebApplication Host(Dictionary<string, string> settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(settings!);
        builder.Logging.ClearProviders();
        builder.AddServiceDefaults("aviator-controller");
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapDefaultEndpoints();
        return app;
    }
}
