using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Aviator.Controller.Leadership;
using Aviator.Controller.Roles.Watchdog;
using Aviator.Controller.Telemetry;
using Aviator.Redis;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Kit;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Aviator.Tests.Unit.Telemetry;

/// <summary>All instruments of all meters, held against the house's rules and the documentation.</summary>
public sealed partial class MetricNameTests
{
    /// <summary>
    /// Labels that name what there are few of. A pod's name or address, an endpoint, a user or a token would be a series each.
    /// </summary>
    private static readonly HashSet<string> Labels = ["source", "hooks", "reason", "outcome", "state", "kind", "verb", "namespace",
        "policy", "operation", "fault", "condition"];

    [Fact]
    public async Task Instruments_OfTheAgent_FollowTheRulesAndAreDocumented() =>
        Hold("Aviator.Agent", "docs/reference/agent.md", await AgentAsync());

    [Fact]
    public void Instruments_OfTheController_FollowTheRulesAndAreDocumented() =>
        Hold("Aviator.Controller", "docs/reference/controller.md", Controller());

    [Fact]
    public void Instruments_OfTheWatchdog_FollowTheRulesAndAreDocumented() =>
        Hold("Aviator.Watchdog", "docs/reference/controller.md", Watchdog());

    [Theory]
    [InlineData("aviator.Agent.requests", false)]
    [InlineData("aviator_requests", false)]
    [InlineData("aviator.requests_total", false)]
    [InlineData("aviator.read.seconds", false)]
    [InlineData("aviator.read_seconds", false)]
    [InlineData("aviator.agent.requests.in_flight", true)]
    public void IsName_Any_IsJudged(string name, bool expected) => Assert.Equal(expected, IsName(name));

    private static void Hold(string meter, string document, Dictionary<string, (Instrument Instrument, HashSet<string> Labels)> seen)
    {
        var text = File.ReadAllText(Repository.File(document));
        Assert.NotEmpty(seen);
        Assert.Multiple([.. seen.Select(entry => (Action)(() =>
        {
            var (instrument, labels) = entry.Value;
            Assert.Equal(meter, instrument.Meter.Name);
            Assert.True(IsName(entry.Key), $"{entry.Key} is not dotted lower case without _total and _seconds");
            Assert.True(instrument.Unit is { Length: > 0 }, $"{entry.Key} has no unit");
            // A gauge of unit 1 becomes "_ratio" in Prometheus, which none of these is.
            Assert.True(UnitPattern().IsMatch(instrument.Unit!),
                $"{entry.Key}: '{instrument.Unit}' is neither a unit of UCUM in use here nor a noun in braces");
            Assert.True(instrument.Description is { Length: > 0 } description && description.EndsWith('.'),
                $"{entry.Key} is not described by a sentence");
            Assert.True(labels.IsSubsetOf(Labels), $"{entry.Key} has the labels {string.Join(", ", labels.Except(Labels))}");
            Assert.True(text.Contains($"`{entry.Key}`", StringComparison.Ordinal), $"{document} does not list {entry.Key}");
        }))]);
    }

    private static bool IsName(string name) => NamePattern().IsMatch(name) && !UnitInName().IsMatch(name);

    private static async Task<Dictionary<string, (Instrument Instrument, HashSet<string> Labels)>> AgentAsync()
    {
        using var listening = new Listening("Aviator.Agent");
        await using var agent = await RunningAgent.StartAsync((_, _) =>
            new HandDrivenCounters(), (_, _) => new RecordedTable(), null, "Endpoints:0:Address=127.0.0.1", "Endpoints:0:Port=1",
            "--ConnectionStrings:redis=127.0.0.1:1");
        await agent.ReadsAsync();
        return listening.Record();
    }

    private static Dictionary<string, (Instrument Instrument, HashSet<string> Labels)> Controller()
    {
        using var listening = new Listening("Aviator.Controller");
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var metrics = new ControllerMetrics(services.GetRequiredService<IMeterFactory>());
        metrics.ObserveQueue(() => 0, () => 0);
        metrics.ObserveAgents(() => (1, 0), () => 0);
        metrics.ObserveNodes(() => (1, 1));
        metrics.Ordered(TimeSpan.FromSeconds(1));
        metrics.Show(new("shop", "web"), new(true, 1, 2, 0, false, TimeSpan.FromSeconds(1),
            new("Accepted", "Steered", "Decided", "EnoughSamples")));
        metrics.Wrote("EndpointSlice", "create", ok: true);
        metrics.Evaluated(TimeSpan.FromSeconds(1), changed: true);
        metrics.Pulled(TimeSpan.FromSeconds(1));
        metrics.ObserveRedis(() => true);
        metrics.RedisCalled("node.read", TimeSpan.FromSeconds(1));
        metrics.RedisFailed("node.read", RedisFault.Slow, TimeSpan.FromSeconds(1));
        _ = new LeadershipMetrics(services.GetRequiredService<IMeterFactory>());
        return listening.Record();
    }

    private static Dictionary<string, (Instrument Instrument, HashSet<string> Labels)> Watchdog()
    {
        using var listening = new Listening("Aviator.Watchdog");
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var metrics = new WatchdogMetrics(services.GetRequiredService<IMeterFactory>());
        metrics.Observe(() => 0, () => false);
        metrics.Began();
        return listening.Record();
    }

    [GeneratedRegex(@"^aviator(\.[a-z][a-z0-9]*(_[a-z0-9]+)*)+$")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"[._](total|count|seconds|milliseconds|bytes)$")]
    private static partial Regex UnitInName();

    [GeneratedRegex(@"^(s|By|\{[a-z]+\})$")]
    private static partial Regex UnitPattern();

    /// <summary>
    /// Hears every instrument of one meter, no matter which part of this process made it, and the labels of what it measures.
    /// </summary>
    private sealed class Listening : IDisposable
    {
        private readonly ConcurrentDictionary<string, (Instrument Instrument, HashSet<string> Labels)> _seen = new();
        private readonly MeterListener _listener = new();

        public Listening(string meter)
        {
            _listener.InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name != meter) return;
                _seen.TryAdd(instrument.Name, (instrument, []));
                self.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Note(instrument, tags));
            _listener.SetMeasurementEventCallback<int>((instrument, _, tags, _) => Note(instrument, tags));
            _listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Note(instrument, tags));
            _listener.Start();
        }

        public Dictionary<string, (Instrument Instrument, HashSet<string> Labels)> Record()
        {
            _listener.RecordObservableInstruments();
            return _seen.ToDictionary(entry => entry.Key, entry =>
                { lock (entry.Value.Labels) return (entry.Value.Instrument, entry.Value.Labels.ToHashSet()); });
        }

        public void Dispose() => _listener.Dispose();

        private void Note(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var labels = _seen[instrument.Name].Labels;
            lock (labels)
                foreach (var tag in tags)
                    labels.Add(tag.Key);
        }
    }
}
