using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Aviator.Controller.Leadership;
using Aviator.Controller.Roles.Watchdog;
using Aviator.Controller.Telemetry;
using Aviator.Core.Steering;
using Aviator.Kubernetes;
using Aviator.Redis;
using Aviator.ServiceDefaults;
using Aviator.Tests.Fixtures;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Aviator.Tests.Unit.Monitoring;

/// <summary>
/// What Prometheus would scrape: the meters of controller and watchdog, and a real agent, through the exporter that the programs use.
/// Names and suffixes are the exporter's, which no table of names could promise.
/// </summary>
public sealed partial class Exposition : IAsyncLifetime
{
    private readonly Dictionary<string, Dictionary<string, HashSet<string>>> _metrics = [];
    private WebApplication? _controller;
    private RunningAgent? _agent;

    /// <summary>Where both are scraped.</summary>
    internal IReadOnlyDictionary<string, Uri> Targets { get; private set; } = new Dictionary<string, Uri>();

    /// <summary>The labels of a metric, each with the values seen; null where nothing exposes such a metric.</summary>
    internal IReadOnlyDictionary<string, HashSet<string>>? Labels(string metric) => _metrics.GetValueOrDefault(metric);

    /// <summary>Names that an expression may use.</summary>
    internal IEnumerable<string> Names => _metrics.Keys;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.AddServiceDefaults("aviator-controller");
        builder.Services.AddSingleton<ControllerMetrics>().AddSingleton<LeadershipMetrics>().AddSingleton<WatchdogMetrics>();
        _controller = builder.Build();
        _controller.Urls.Add("http://127.0.0.1:0");
        _controller.MapDefaultEndpoints();
        await _controller.StartAsync(TestContext.Current.CancellationToken);
        var address = new Uri(_controller.Urls.First());
        Fill(_controller.Services);

        // The endpoint answers its probes, so that probes have a duration.
        _agent = await RunningAgent.StartAsync((_, _) => new HandDrivenCounters(), (_, _) => new RecordedTable(), null,
            "Endpoints:0:Address=127.0.0.1", $"Endpoints:0:Port={address.Port}", "--ConnectionStrings:redis=127.0.0.1:1");
        // And an order, so that there is one that ages.
        using var order = await _agent.Client.PutAsJsonAsync(
            "/steering", Agent.Steering.Orders.Of(1), SteeringJson.Default.SteeringOrder, TestContext.Current.CancellationToken);
        order.EnsureSuccessStatusCode();
        Targets = new Dictionary<string, Uri> { ["controller"] = address, ["agent"] = _agent.Client.BaseAddress! };
        using var client = new HttpClient { BaseAddress = address };
        await Eventually.TrueAsync(async () =>
        {
            Read(await client.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken));
            Read(await _agent.MetricsAsync());
            return Labels("aviator_agent_probe_duration_seconds_count") is not null
                && Labels("aviator_agent_steering_order_age_seconds") is not null
                && Labels("aviator_agent_redis_call_duration_seconds_count") is not null;
        }, "everything to be measured once");
    }

    public async ValueTask DisposeAsync()
    {
        if (_agent is not null) await _agent.DisposeAsync();
        if (_controller is not null) await _controller.DisposeAsync();
    }

    private static void Fill(IServiceProvider services)
    {
        var metrics = services.GetRequiredService<ControllerMetrics>();
        metrics.ObserveQueue(() => 0, () => 0);
        metrics.ObserveAgents(() => (1, 1), () => 0.5);
        metrics.ObserveNodes(() => (1, 1));
        metrics.Ordered(TimeSpan.FromMilliseconds(1));
        metrics.Show(new("shop", "web"), new(true, 3, 4, 1, false, TimeSpan.FromMilliseconds(20),
            new("Accepted", "Steered", "Decided", "EnoughSamples")));
        metrics.Evaluated(TimeSpan.FromMilliseconds(1), changed: true);
        metrics.Pulled(TimeSpan.FromMilliseconds(1));
        metrics.ObserveRedis(() => true);
        metrics.RedisCalled("node.read", TimeSpan.FromMilliseconds(1));
        metrics.RedisFailed("node.read", RedisFault.Slow, TimeSpan.FromMilliseconds(1));
        _ = services.GetRequiredService<LeadershipMetrics>();
        services.GetRequiredService<WatchdogMetrics>().Observe(() => 0, () => false);
        ApiMetrics.Asked(HttpMethod.Get, "ok");
    }

    private void Read(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith('#') || SeriesPattern().Match(line) is not { Success: true } series) continue;
            var name = series.Groups["name"].Value;
            if (!_metrics.TryGetValue(name, out var labels)) _metrics[name] = labels = [];
            foreach (Match label in LabelPattern().Matches(series.Groups["labels"].Value))
            {
                if (!labels.TryGetValue(label.Groups[1].Value, out var values)) labels[label.Groups[1].Value] = values = [];
                values.Add(label.Groups[2].Value);
            }
        }
    }

    [GeneratedRegex(@"^(?<name>[a-zA-Z_:][\w:]*)(\{(?<labels>.*)\})? \S+")]
    private static partial Regex SeriesPattern();

    [GeneratedRegex(@"(\w+)=""((?:[^""\\]|\\.)*)""")]
    private static partial Regex LabelPattern();
}
