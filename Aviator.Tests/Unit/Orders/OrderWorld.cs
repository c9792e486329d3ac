using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Aviator.Controller.Cluster;
using Aviator.Controller.Collection;
using Aviator.Controller.Leadership;
using Aviator.Controller.Orders;
using Aviator.Controller.Telemetry;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using Aviator.Tests.Kit.Slices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aviator.Tests.Unit.Orders;

/// <summary>A Service with three pods on three nodes as a cluster shows it, and a publisher whose lead is the test's.</summary>
internal sealed class OrderWorld : ILeadership, IDisposable
{
    public static readonly ObjectKey Web = new("shop", "web");

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ControllerMetrics _metrics;
    private readonly CurrentTerm _term = new();
    private readonly CancellationTokenSource _stop = new();
    private AgentClient? _client;
    private Task _running = Task.CompletedTask;

    public OrderWorld()
    {
        _metrics = new(_services.GetRequiredService<IMeterFactory>());
        var connection = new ApiConnection(new k8s.Kubernetes(new() { Host = "http://127.0.0.1:1" }), TimeProvider.System);
        Cluster = new(connection, SliceDialect.V1, null, new(), TimeProvider.System, NullLogger<ClusterView>.Instance);
        for (var i = 0; i < 3; i++) Cluster.Nodes.Upsert(new("", $"n-{i}"), new(World.Zone($"n-{i}"), MayServe: true));
        Put(World.Web with { ClusterIps = ["10.96.0.1"], Ports = [World.Web.Ports[0]] },
            World.Ready("a", 1, "n-0"), World.Ready("b", 2, "n-1"), World.Ready("c", 3, "n-2"));
        Orders = new(Cluster, Routes, (_, _) => null);
    }

    public ClusterView Cluster { get; }

    public KernelRoutes Routes { get; } = new();

    public SteeringAnswers Answers { get; } = new(TimeProvider.System, () => []);

    public SteeringOrders Orders { get; }

    /// <summary>The agents known.</summary>
    public IReadOnlyCollection<AgentEndpoint> Agents { get; set; } = [];

    /// <summary>Services of which the publisher said that nodes began or ceased to steer.</summary>
    public ConcurrentQueue<ObjectKey> Told { get; } = new();

    public bool IsComplete { get; set; } = true;

    public LeaderTerm? Term => _term.Held;

    public Task<LeaderTerm> NextTermAsync(LeaderTerm? last, CancellationToken cancellationToken) =>
        _term.NextAsync(last, cancellationToken);

    /// <summary>The cluster shows the Service with these pods, in the slices of Kubernetes.</summary>
    public void Put(ServiceShape service, params PodShape[] pods)
    {
        Cluster.Services.Upsert(new(service.Namespace, service.Name), service);
        foreach (var pod in pods) Cluster.Pods.Upsert(new(pod.Namespace, pod.Name), new(pod, null, []));
        foreach (var slice in DefaultSlices.Of(service, pods)) Cluster.Slices.Upsert(new(slice.Namespace, slice.Name), slice);
    }

    public void Lead(long number) =>
        _term.Begin(new(number, TimeProvider.System.GetTimestamp(), Timeout.InfiniteTimeSpan, TimeProvider.System));

    public void Resign() => _term.Clear();

    /// <summary>Starts the publisher; it ends with this.</summary>
    public void Start(AgentToken? token = null, TimeSpan? timeout = null)
    {
        _client = new(timeout ?? TimeSpan.FromSeconds(2), token);
        var sources = new OrderSources(Orders, Routes, Answers, () => Agents, _ => true, () => IsComplete, Told.Enqueue);
        _running = new SteeringPublisher(sources, _client, this, _metrics, TimeProvider.System, NullLogger.Instance).RunAsync(_stop.Token);
    }

    /// <summary>Ends the publisher and waits for it.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(TimeSpan.FromSeconds(10), cancellationToken);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        _term.Dispose();
        _client?.Dispose();
        _metrics.Dispose();
        _services.Dispose();
    }
}
