using Aviator.Controller.Analysis;
using Aviator.Controller.Autoscaling;
using Aviator.Controller.Boards;
using Aviator.Controller.Clocks;
using Aviator.Controller.Cluster;
using Aviator.Controller.Collection;
using Aviator.Controller.Events;
using Aviator.Controller.Leadership;
using Aviator.Controller.Orders;
using Aviator.Controller.Policies;
using Aviator.Controller.Readers;
using Aviator.Controller.Reconciliation;
using Aviator.Controller.State;
using Aviator.Controller.Status;
using Aviator.Controller.Steering;
using Aviator.Controller.Telemetry;
using Aviator.Core.Measurement;
using Aviator.Kubernetes;
using Aviator.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace Aviator.Controller;

/// <summary>
/// Puts the controller's parts together and runs them. It does so in the background and not in the container of services, because what is
/// built depends on what the API server offers, and the server may be away when the process starts.
/// </summary>
internal sealed partial class ControllerRuntime(
    k8s.Kubernetes client, ApiConnection connection, EventRecorder events, ILeadership leadership, IPolicyStateStore states,
    ISharedReports shared, MonotonicClock clock, ControllerMetrics metrics, IOptions<ControllerOptions> options, IHttpClientFactory clients,
    TimeProvider time, ILoggerFactory loggers, BoardKeeper? board = null, FigureKeeper? figures = null,
    SimulationRequests? simulations = null, VersionAnalyses? analyses = null) : BackgroundService
{
    private readonly ILogger _logger = loggers.CreateLogger<ControllerRuntime>();
    private readonly WindowStore _windows = new();
    private readonly IBoardSink? _shown = BoardSinks.Of(board, figures);
    private PolicyStore? _policies;
    private ClusterView? _cluster;

    /// <summary>The kinds whose first complete list is still to come; nothing is decided before there are none.</summary>
    public IReadOnlyList<string> Missing() => _policies is null || _cluster is null
        ? ["everything: the API server has not answered yet"]
        : [.. new (string Kind, bool Synced)[]
            {
                ("AviatorPolicy", _policies.Policies.IsSynced), ("Service", _cluster.Services.IsSynced), ("Pod", _cluster.Pods.IsSynced),
                ("EndpointSlice", _cluster.Slices.IsSynced), ("Node", _cluster.Nodes.IsSynced),
            }.Where(store => !store.Synced).Select(store => store.Kind)];

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (await SliceDialect.WhenDetectedAsync(connection, LogAway, time, stoppingToken) is not { } dialect) return;
        var (settings, reflectors) = (options.Value, new ReflectorOptions());
        var policies = new PolicyStore(connection, settings.Namespace, reflectors, time, loggers.CreateLogger<PolicyStore>());
        var cluster = new ClusterView(connection, dialect, settings.Namespace, reflectors, time, loggers.CreateLogger<ClusterView>());
        (_policies, _cluster) = (policies, cluster);

        var (routes, answers) = (new KernelRoutes(), new SteeringAnswers(time, cluster.NodesOfClients));
        metrics.ObserveNodes(answers.Count);
        var datapaths = Datapaths.Over(cluster, connection, dialect, leadership, metrics, time, loggers, routes, answers);
        var status = new PolicyStatusKeeper(
            new StatusWriter(connection, metrics), events, time, loggers.CreateLogger<PolicyStatusKeeper>(), _shown);
        if (board is not null) board.Sources = BoardSources.Over(cluster, policies, () => _windows.Nodes(clock.Now));
        using var readers = new ReaderCatalog(connection, settings.Namespace, time, loggers.CreateLogger<ReaderCatalog>());
        var acceptance = new Acceptance(new Preflight(cluster, readers), cluster, new(policies, cluster));
        var evaluator = new Evaluator(_windows, settings);
        var evaluation = Evaluation(cluster, datapaths, status, evaluator);
        var reconciler = new ServiceReconciler(
            policies, cluster, datapaths, acceptance, evaluation, status, new PolicyFinalizer(connection, metrics), events, metrics);

        using var queue = new RateLimitedQueue<ObjectKey>(time, ReconcileLoop.Retries);
        metrics.ObserveQueue(() => queue.Length, () => queue.Retries);
        var triggers = new Triggers(policies, cluster, queue);
        var terms = new TermFollower(leadership, states, status, datapaths, metrics, triggers);
        if (simulations is not null)
            simulations.Run = new PolicySimulation(cluster, acceptance, evaluation, evaluator, terms.MemoryOf).RunAsync;
        if (analyses is not null) analyses.Run = new VersionAnalysis(cluster, policies, evaluation, _windows, terms.MemoryOf).Run;
        var deleted = new DeletedPolicies(policies, states, status, metrics);
        var loop = new ReconcileLoop(
            queue, policies, reconciler, terms, deleted, events, metrics, settings.Workers, time, loggers.CreateLogger<ReconcileLoop>());

        using var agentClient = Client(settings);
        var shortest = new ShortestInterval(policies, without: AgentPullSchedule.Longest * 2);
        using var puller = new AgentPuller(
            agentClient, shared, Accept, () => shortest.Value, metrics, time, loggers.CreateLogger<AgentPuller>());
        metrics.ObserveAgents(puller.Count, puller.OldestReportSeconds);
        var publisher = Publisher(policies, cluster, routes, answers, puller, terms, queue, agentClient);
        // Not held to the lead: what it writes is right whoever leads.
        var departures = new Departures(
            cluster, new SliceApi(new ApiConnection(client, time), dialect, metrics), leadership, time, loggers.CreateLogger<Departures>());
        var agents = new AgentDirectory(connection, settings, reflectors, puller, time, loggers.CreateLogger<AgentDirectory>());

        LogStarted(client.BaseUri.ToString(), dialect.Kind.Version, settings.Namespace ?? "all namespaces");
        Task[] parts =
        [
            policies.RunAsync(stoppingToken),
            cluster.RunAsync(stoppingToken),
            agents.RunAsync(stoppingToken),
            departures.RunAsync(stoppingToken),
            shared.RunAsync(Accept, () => shortest.Value, stoppingToken),
            ReconcileAsync(policies, cluster, deleted, triggers, terms, loop, publisher, stoppingToken),
        ];
        await Supervision.WhenStoppedAsync(parts, stoppingToken);
        stoppingToken.ThrowIfCancellationRequested();
    }

    private PolicyEvaluation Evaluation(ClusterView cluster, Datapaths datapaths, PolicyStatusKeeper status, Evaluator evaluator)
    {
        var keeper = new PolicyStateKeeper(states, leadership, metrics, clock);
        var serving = new ServingStatus(status, shared, metrics);
        var reporter = new DecisionReporter(events, metrics, loggers.CreateLogger<DecisionReporter>(), _shown);
        return new(cluster, datapaths.For, evaluator, keeper, serving, reporter, leadership, clock);
    }

    /// <summary>
    /// Waits for the first complete lists, because before that nothing may be concluded from what is missing; then reconciles until
    /// cancelled.
    /// </summary>
    private async Task ReconcileAsync(
        PolicyStore policies, ClusterView cluster, DeletedPolicies deleted, Triggers triggers, TermFollower terms, ReconcileLoop loop,
        SteeringPublisher publisher, CancellationToken stoppingToken)
    {
        await Task.WhenAll(policies.Policies.WhenSyncedAsync(stoppingToken), cluster.WhenSyncedAsync(stoppingToken));
        LogSynced(policies.Policies.Count, cluster.Services.Count, cluster.Pods.Count);
        deleted.Start();
        triggers.Start();
        await Supervision.WhenStoppedAsync(
            [terms.RunAsync(stoppingToken), loop.RunAsync(stoppingToken), publisher.RunAsync(stoppingToken)], stoppingToken);
    }

    private SteeringPublisher Publisher(
        PolicyStore policies, ClusterView cluster, KernelRoutes routes, SteeringAnswers answers, AgentPuller puller, TermFollower terms,
        RateLimitedQueue<ObjectKey> queue, AgentClient agentClient)
    {
        // A pod that comes or goes changes the orders as much as a decision does.
        cluster.Subscribe(service =>
        {
            if (routes.Find(service) is not null) routes.Changed.Send();
        });
        var orders = new SteeringOrders(cluster, routes, (row, withQueue) => _windows.InFlight(
            new(row.Key, row.Endpoint.PodName ?? "", row.Endpoint.Address, row.Number, row.Endpoint.NodeName), clock.Now, withQueue));
        var sources = new OrderSources(
            orders, routes, answers, puller.Agents, term => terms.Current?.Term == term, () => IsComplete(policies, routes),
            service => queue.Add(service));
        return new(sources, agentClient, leadership, metrics, time, loggers.CreateLogger<SteeringPublisher>());
    }

    /// <summary>Whether every Service that a policy wants steered by kernels has been looked at, and found to be one that can be.</summary>
    private static bool IsComplete(PolicyStore policies, KernelRoutes routes) => policies.Policies.All()
        .Where(entry => entry.Value.Spec is
        {
            Routing: nameof(PolicyRouting.Kernel) or nameof(PolicyRouting.KernelAndService), Mode: nameof(PolicyMode.Enforce),
        })
        .All(entry => routes.Find(PolicyStore.TargetOf(entry.Value)) is not null);

    private AgentClient Client(ControllerOptions settings)
    {
        var http = clients.CreateClient(nameof(AgentClient));
        http.Timeout = settings.AgentTimeout;
        return new AgentClient(http, settings.AgentTokenFile is { Length: > 0 } file ? new AgentToken(file, time) : null);
    }

    private void Accept(NodeReport report)
    {
        if (_windows.Accept(report, clock.Now) is { } refusal) LogRefused(refusal);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Started the controller on {Server} (EndpointSlice {SliceVersion}), {Scope}")]
    private partial void LogStarted(string server, string sliceVersion, string scope);

    [LoggerMessage(
        Level = LogLevel.Information, Message = "Listed {Policies} policies, {Services} Services and {Pods} pods; starting to reconcile")]
    private partial void LogSynced(int policies, int services, int pods);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Failed to ask the API server what it offers: {Error}")]
    private partial void LogAway(string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused a report: {Reason}")]
    private partial void LogRefused(string reason);
}
