using System.Net.Http.Json;
using Aviator.Controller.Events;
using Aviator.Controller.Steering;
using Aviator.Controller.Telemetry;
using Aviator.Kubernetes;
using Aviator.ServiceDefaults;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Fixtures.ApiServer;
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
    private const string KeepOneIn = "Telemetry:KeepOneQuietTraceIn";

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
            ["Endpoints:0:Address=127.0.0.1", $"Endpoints:0:Port={endpoint.EndPoint.Port}",
                .. receiver.Settings(grpc).Select(setting => $"--{setting.Key}={setting.Value}")]))
            await Eventually.TrueAsync(() => receiver.Metrics.Any(metric => metric.Name == "aviator.agent.probe.duration") &&
                !receiver.Logs.IsEmpty, "metrics and logs", Limit);

        Assert.Empty(receiver.Faults);
        Assert.Equal(["aviator-agent"], receiver.Metrics.Select(metric => metric.Service).Distinct());
        Assert.Contains(receiver.Metrics, metric =>
            metric is { Scope: "Aviator.Agent", Name: "aviator.agent.probe.duration", Unit: "s", Kind: "histogram" });
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
        world.Apply = decision => decision.Admits("slow") ? new(SteeringPhase.Steered, "", 0, null)
            : new(SteeringPhase.Steered, "", 1, TimeSpan.FromMilliseconds(500));
        await world.UntilExcludedAsync(Stop);
        world.Apply = _ => new(SteeringPhase.Steered, "", 0, null);
        await world.EnforceAsync(Stop);
        var note = Assert.Single(world.Notes, note => note.Reason == EventReason.SelectionChanged);
        Assert.NotNull(note.TraceId);
        bool Commits(OtlpSpan span) => span.TraceId == note.TraceId && span.Name == "commit";
        await Eventually.TrueAsync(() =>
            receiver.Spans.Any(Commits) && receiver.Logs.Any(log => log.TraceId == note.TraceId), "the trace and its log line", Limit);

        Assert.Empty(receiver.Faults);
        var trace = receiver.Spans.Where(span => span.TraceId == note.TraceId).OrderBy(span => span.Start).ThenBy(span => span.End)
            .ToList();
        var root = Assert.Single(trace, span => span.ParentId.Length == 0);
        Assert.Equal(("evaluate: selection changed", "true"), (root.Name, root.Attributes["aviator.changed"]));
        Assert.Equal(("aviator-controller", "Aviator.Controller", "", "web"),
            (root.Service, root.Scope, root.ParentId, root.Attributes["aviator.policy.name"]));
        Assert.Equal(["collect", "rank", "decide", "write", "commit"],
            trace.Where(span => span.ParentId == root.SpanId).Select(span => span.Name));
        Assert.Equal(("3", "1", "true"),
            (Tag("rank", "aviator.endpoints.ranked"), Tag("write", "aviator.writes"), Tag("commit", "aviator.changed")));
        Assert.True(trace.Single(span => span.Name == "commit").Start >= root.End);
        var line = Assert.Single(receiver.Logs, log => log.TraceId == note.TraceId);
        Assert.Equal(trace.Single(span => span.Name == "commit").SpanId, line.SpanId);
        Assert.StartsWith("Changed decision of AviatorPolicy shop/web (Enforce): 2 of 3 ready pods get traffic; out: slow", line.Body,
            StringComparison.Ordinal);
        Assert.EndsWith($"(trace {note.TraceId})", line.Body, StringComparison.Ordinal);

        string Tag(string span, string key) => trace.Single(candidate => candidate.Name == span).Attributes[key];
    }

    [Theory]
    [InlineData(1)]
    [InlineData(TelemetryOptions.MostQuiet)]
    public async Task Controller_QuietEvaluations_AreSampledAndTheOneThatChangedSomethingIsNot(int keepOneIn)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var host = Host(new(receiver.Settings(grpc: true)) { [KeepOneIn] = $"{keepOneIn}" });
        await host.StartAsync(Stop);
        using var world = new EvaluationWorld();
        world.Policy.Metadata.Name = $"quiet-{keepOneIn}";

        await world.UntilExcludedAsync(Stop);
        for (var second = 0; second < 10; second++)
        {
            world.Second();
            await world.EnforceAsync(Stop);
        }

        var changed = world.Notes.Count(note => note.Reason == EventReason.SelectionChanged);
        var quiet = (int)world.Run.Evaluations - changed;
        int Exported(string name) =>
            receiver.Spans.Count(span => span.Name == name && span.Attributes["aviator.policy.name"] == world.Policy.Metadata.Name);
        await Eventually.TrueAsync(() => Exported("evaluate: selection changed") == changed, "the changes' traces", Limit);
        if (keepOneIn == 1) await Eventually.TrueAsync(() => Exported("evaluate") == quiet, "all other traces", Limit);
        Assert.True(changed > 0 && quiet > 4, $"{changed} evaluations changed something, {quiet} did not");
        // The first of a name is exported whatever is drawn; another test's may have been the first.
        Assert.InRange(Exported("evaluate"), 0, keepOneIn == 1 ? quiet : 1);
        Assert.Empty(receiver.Faults);
    }

    [Fact]
    public async Task ApiRequest_InsideAQuietEvaluation_IsItsChildAndExportedWhenItFails()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var host = Host(new(receiver.Settings(grpc: false)) { [KeepOneIn] = $"{TelemetryOptions.MostQuiet}" });
        await host.StartAsync(Stop);
        var script = new ScriptedAnswers();
        await using var server = await FakeApiServer.StartAsync(script);
        var api = server.Connect();
        string? failed = null;
        for (var look = 0; look < 3; look++)
        {
            // The first of a name is exported; the second is quiet; the third fails.
            _ = look < 2 ? script.List("7", null) : script.Status(409, "Conflict");
            using var evaluation = ControllerTracing.Source.StartActivity("evaluate a test's policy");
            using var write = ControllerTracing.Source.StartActivity(ControllerTracing.Write);
            Assert.NotNull(write);
            try
            {
                const string Path = "apis/discovery.k8s.io/v1/namespaces/shop/endpointslices/web-x?pretty=false";
                using var answer = await api.SendAsync(HttpMethod.Get, Path, cancellationToken: Stop);
            }
            catch (ApiException)
            {
                failed = write.TraceId.ToHexString();
            }
        }

        await Eventually.TrueAsync(
            () => receiver.Spans.Any(span => span.TraceId == failed && span.ParentId.Length == 0), "the failed trace", Limit);
        var traces = receiver.Spans.Where(span => span.Name == "evaluate a test's policy").ToList();
        Assert.Equal(2, traces.Count);
        Assert.All(traces, root =>
        {
            var write = Assert.Single(receiver.Spans, span => span.ParentId == root.SpanId && span.TraceId == root.TraceId);
            var request = Assert.Single(receiver.Spans, span => span.ParentId == write.SpanId && span.TraceId == root.TraceId);
            Assert.Equal(("GET endpointslices", "Aviator.Kubernetes", root.TraceId == failed),
                (request.Name, request.Scope, request.Failed));
            var tags = request.Attributes;
            Assert.Equal("/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices/{name}", tags["url.template"]);
            Assert.Equal(("GET", "127.0.0.1"), (tags["http.request.method"], tags["server.address"]));
            Assert.Equal(root.TraceId == failed ? "409" : "200", tags["http.response.status_code"]);
        });
    }

    [Fact]
    public async Task ApiRequest_OutsideAnEvaluation_IsExportedWhenItChangesSomethingAndFindingNothingIsNoFailure()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var host = Host(new(receiver.Settings(grpc: false)) { [KeepOneIn] = $"{TelemetryOptions.MostQuiet}" });
        await host.StartAsync(Stop);
        var script = new ScriptedAnswers();
        await using var server = await FakeApiServer.StartAsync(script);
        var api = server.Connect();
        const int times = 3;
        const string Of = "namespaces/trace-test";
        for (var time = 0; time < times; time++)
        {
            script.List("7", null).List("7", null).Status(404, "NotFound");
            using (await api.SendAsync(HttpMethod.Patch, $"api/v1/{Of}/services/web", new { }, ApiConnection.MergePatch, Stop))
            using (await api.SendAsync(HttpMethod.Put, $"apis/coordination.k8s.io/v1/{Of}/leases/aviator", new { },
                cancellationToken: Stop))
                await Assert.ThrowsAsync<ApiException>(
                    () => api.SendAsync(HttpMethod.Get, $"api/v1/{Of}/absent/a", cancellationToken: Stop));
        }

        List<OtlpSpan> Mine(string name) =>
            [.. receiver.Spans.Where(span => span.Name == name && span.Attributes["url.path"].Contains(Of, StringComparison.Ordinal))];
        await Eventually.TrueAsync(() => Mine("PATCH services").Count == times, "every change", Limit);
        Assert.InRange(Mine("PUT leases").Count, 0, 1);
        Assert.InRange(Mine("GET absent").Count, 0, 1);
        Assert.DoesNotContain(Mine("GET absent"), span => span.Failed);
    }

    [Fact]
    public async Task ApiRequest_IsAWatch_IsASpanUntilItsFirstAnswerOnly()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var host = Host(new(receiver.Settings(grpc: false)) { [KeepOneIn] = "1" });
        await host.StartAsync(Stop);
        var script = new ScriptedAnswers();
        await using var server = await FakeApiServer.StartAsync(script);
        script.Watch(hold: true, ScriptedAnswers.Event("ADDED", "a", "8"));
        var pods = new ResourceClient<System.Text.Json.Nodes.JsonObject>(server.Connect(), ResourceKind.Pods, ResourceScope.All);
        using var test = ControllerTracing.Source.StartActivity("a test's watch");

        await foreach (var change in pods.WatchAsync("7", TimeSpan.FromMinutes(5), Stop))
        {
            // The watch is still open here.
            await Eventually.TrueAsync(
                () => receiver.Spans.Any(span => span.Name == "WATCH pods" && span.TraceId == test!.TraceId.ToHexString()),
                "the watch's span", Limit);
            break;
        }
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1000001")]
    public async Task Telemetry_SampleIsNoNumberInRange_IsRefusedByName(string value)
    {
        await using var host = Host(new() { [KeepOneIn] = value });
        var refusal = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => host.StartAsync(Stop));
        Assert.Contains("Telemetry:KeepOneQuietTraceIn is not a number from 1", refusal.Message, StringComparison.Ordinal);
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
            Assert.Equal("Healthy", (await client.GetFromJsonAsync<System.Text.Json.JsonElement>(path, Stop)).GetProperty("status")
                .GetString());
        Assert.Contains("dotnet_process_memory_working_set", await client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Stop),
            StringComparison.Ordinal);
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
