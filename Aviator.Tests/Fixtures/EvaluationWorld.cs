using System.Diagnostics.Metrics;
using Aviator.Controller;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Boards;
using Aviator.Controller.Clocks;
using Aviator.Controller.Cluster;
using Aviator.Controller.Collection;
using Aviator.Controller.Events;
using Aviator.Controller.Leadership;
using Aviator.Controller.Policies;
using Aviator.Controller.Reconciliation;
using Aviator.Controller.State;
using Aviator.Controller.Status;
using Aviator.Controller.Steering;
using Aviator.Controller.Telemetry;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Aviator.Tests.Fixtures;

/// <summary>
/// A policy, its Service with three pods (the third is slow), an agent's reports, and a datapath that does what the test says.
/// </summary>
internal sealed class EvaluationWorld : IDatapath, IStatusWriter, IEventRecorder, ILeadership, IDisposable
{
    private static readonly string[] Pods = ["a", "b", "slow"];

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ControllerMetrics _metrics;
    private readonly WindowStore _windows = new();
    private readonly MonotonicClock _clock;
    private readonly Dictionary<string, long[]> _counters = Pods.ToDictionary(pod => pod, _ => new long[HistogramLayout.BucketCount]);
    private long _sequence;

    /// <param name="states">The store, given the clock of the evaluations; null for one in memory.</param>
    /// <param name="loggers">Takes the log; null for none.</param>
    /// <param name="datapath">What carries decisions out in place of this; null for this.</param>
    /// <param name="board">What the live page shows; null for no page.</param>
    public EvaluationWorld(
        Func<MonotonicClock, IPolicyStateStore>? states = null, ILoggerFactory? loggers = null, IDatapath? datapath = null,
        IBoardSink? board = null)
    {
        _metrics = new(_services.GetRequiredService<IMeterFactory>());
        _clock = new(Time);
        Evaluator = new(_windows, new ControllerOptions());
        Cluster = new(new ApiConnection(new k8s.Kubernetes(new() { Host = "http://127.0.0.1:1" }), Time), SliceDialect.V1, null, new(),
            Time, NullLogger<ClusterView>.Instance);
        foreach (var pod in Pods) SetPod(pod, ready: true);
        var status = new PolicyStatusKeeper(this, this, Time, NullLogger<PolicyStatusKeeper>.Instance, board);
        var keeper = new PolicyStateKeeper(states?.Invoke(_clock) ?? new MemoryPolicyStateStore(), this, _metrics, _clock);
        var reporter = new DecisionReporter(
            this, _metrics, (loggers ?? NullLoggerFactory.Instance).CreateLogger<DecisionReporter>(), board);
        Evaluation = new(
            Cluster, _ => datapath ?? this, Evaluator, keeper,
            new ServingStatus(status, Shared, _metrics), reporter, this, _clock);
    }

    public FakeTimeProvider Time { get; } = new();

    public ClusterView Cluster { get; }

    public PolicyEvaluation Evaluation { get; }

    public Evaluator Evaluator { get; }

    public ServiceRun Run { get; private set; } = new();

    /// <summary>The store that agents and controllers share.</summary>
    public SharedStore Shared { get; } = new();

    /// <summary>What the datapath answers.</summary>
    public Func<Decision, DatapathState> Apply { get; set; } = _ => new(SteeringPhase.Steered, "", 0, null);

    /// <summary>The selection that it finds in place; none of the pods is known to it unless said otherwise.</summary>
    public Decision Found { get; init; } = new(new Dictionary<string, EndpointDecision>());

    /// <summary>The decisions that it was given.</summary>
    public List<Decision> Applied { get; } = [];

    public List<AviatorPolicyStatus> Statuses { get; } = [];

    /// <summary>What a write of the status ends with; null when it succeeds.</summary>
    public Exception? StatusFault { get; set; }

    public List<EventNote> Notes { get; } = [];

    public bool MayWrite { get; set; } = true;

    private readonly LeaderTerm _term = LeaderTerm.Endless(TimeProvider.System);

    public LeaderTerm? Term => MayWrite ? _term : null;

    public AviatorPolicy Policy { get; init; } = new()
    {
        Metadata = new() { NamespaceProperty = "shop", Name = "web", Uid = "p", Generation = 1 },
        Spec = new() { TargetRef = new() { Name = "web" }, EvaluationInterval = "1s", Selection = new() { Mode = "threshold" } },
    };

    public static ServiceShape Service { get; } = new()
    {
        Namespace = "shop",
        Name = "web",
        Uid = "s",
        ResourceVersion = "1",
        Selector = new LabelSet([new("app", "web")]),
        Ports = [new ServicePort("http", "TCP", 80, 8080, null, null)],
        Families = [AddressFamily.IPv4],
    };

    /// <summary>The reports.</summary>
    public WindowStore Windows => _windows;

    /// <summary>The nodes by their reports.</summary>
    public IReadOnlyList<NodeSight> Nodes => _windows.Nodes(_clock.Now);

    /// <summary>Another process begins to decide, with nothing remembered.</summary>
    public void Restart() => Run = new();

    public void SetPod(string name, bool ready) => Cluster.Pods.Upsert(new("shop", name), new(
        new()
        {
            Namespace = "shop",
            Name = name,
            Uid = name,
            Labels = new LabelSet([new("app", "web"), new("version", name == "slow" ? "v2" : "v1")]),
            Addresses = [$"10.0.0.{Array.IndexOf(Pods, name) + 1}"],
            Ready = ready,
            NodeName = "node",
        },
        null,
        []));

    /// <summary>
    /// A second passes, with traffic: 100 requests a pod, 10 ms each, and as long as is said where it is slow. The agent reports.
    /// </summary>
    public void Second(int slowMs = 300)
    {
        Time.Advance(TimeSpan.FromSeconds(1));
        foreach (var (pod, counts) in _counters) counts[HistogramLayout.IndexOf((pod == "slow" ? slowMs : 10L) * 1_000_000)] += 100;
        var report = new NodeReport
        {
            FormatVersion = NodeReport.CurrentFormatVersion,
            Node = "node",
            Epoch = "1",
            Sequence = ++_sequence,
            AgeSeconds = 0,
            SubWindowSeconds = 1,
            Source = LatencySource.Ebpf,
            SourceDetail = "test",
            Endpoints = [.. _counters.Select(entry => new EndpointReport
            {
                Address = $"10.0.0.{Array.IndexOf(Pods, entry.Key) + 1}",
                Port = 8080,
                PodUid = entry.Key,
                Namespace = "shop",
                Pod = entry.Key,
                Traffic = new() { Latency = LatencyHistogram.FromCounts(entry.Value), Requests = entry.Value.Sum() },
                Rif = 0,
                OldestInFlightSeconds = 0,
                Recent = new() { Seconds = 1, Count = 100, Errors = 0, P50Ms = null, P99Ms = null, Coverage = 1 },
            })],
        };
        Xunit.Assert.Null(_windows.Accept(report, _clock.Now));
    }

    public async Task<TimeSpan> EnforceAsync(CancellationToken stop) => await Evaluation.EnforceAsync(
        Evaluation.Look(Policy, SpecReader.Read(Policy.Spec, out _)!, new(true, "Accepted", "Yes."), Service), Run, stop);

    /// <summary>Seconds pass, with an evaluation each, until the slow pod is decided against.</summary>
    public async Task UntilExcludedAsync(CancellationToken stop)
    {
        for (var second = 0; second < 60; second++)
        {
            Second();
            await EnforceAsync(stop);
            if (Applied.Count > 0 && !Applied[^1].Admits("slow")) return;
        }

        Xunit.Assert.Fail("the slow pod was never decided against");
    }

    public Task<DatapathState> SteerAsync(ObjectKey service, CancellationToken cancellationToken) =>
        Task.FromResult(Apply(Published(service)));

    public Task<DatapathState> ApplyAsync(ObjectKey service, Decision decision, CancellationToken cancellationToken)
    {
        Applied.Add(decision);
        return Task.FromResult(Apply(decision));
    }

    public Task<DatapathState> ReleaseAsync(ObjectKey service, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<LeaderTerm> NextTermAsync(LeaderTerm? last, CancellationToken cancellationToken) => throw new NotSupportedException();

    public void BeginTerm()
    {
    }

    public Decision Published(ObjectKey service) => Found;

    public Task<bool> WriteAsync(AviatorPolicy policy, AviatorPolicyStatus status, CancellationToken cancellationToken)
    {
        if (StatusFault is { } fault) throw fault;
        Statuses.Add(status);
        return Task.FromResult(true);
    }

    public void Record(EventNote note) => Notes.Add(note);

    public void Dispose()
    {
        _metrics.Dispose();
        _services.Dispose();
    }
}
