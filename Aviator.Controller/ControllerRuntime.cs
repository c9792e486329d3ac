using Aviator.Controller.Collection;
using Aviator.Controller.Events;
using Aviator.Controller.Kubernetes;
using Aviator.Controller.Kubernetes.Preflight;
using Aviator.Controller.Kubernetes.Resources;
using Aviator.Controller.Reconciliation;
using Aviator.Controller.State;
using Aviator.Controller.Status;
using Aviator.Controller.Telemetry;
using Aviator.Core.Measurement;
using Aviator.Kubernetes;
using Aviator.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace Aviator.Controller;

/// <summary>
/// Puts the controller's parts together and runs them. It does so in the background and not in the container of services, because what is built
/// depends on what the API server offers, and the server may be away when the process starts.
/// </summary>
internal sealed partial class ControllerRuntime(
    k8s.Kubernetes client, ApiConnection connection, EventRecorder events, ILeadership leadership, IPolicyStateStore states, ISharedReports shared, MonotonicClock clock, ControllerMetrics metrics,
    IOptions<ControllerOptions> options, IHttpClientFactory clients, TimeProvider time, ILoggerFactory loggers) : BackgroundService
{
    private readonly ILogger _logger = loggers.CreateLogger<ControllerRuntime>();
    private readonly WindowStore _windows = new();
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

        var datapaths = Datapaths.Over(cluster, connection, dialect, leadership, metrics, time, loggers);
        var status = new PolicyStatusKeeper(new StatusWriter(connection, metrics), events, time, loggers.CreateLogger<PolicyStatusKeeper>());
        var evaluation = new PolicyEvaluation(
            cluster, datapaths.For, new Evaluator(_windows, settings), states, status, new DecisionReporter(events, metrics, loggers.CreateLogger<DecisionReporter>()),
            leadership, shared, metrics, clock);
        using var readers = new ReaderCatalog(connection, settings.Namespace, time, loggers.CreateLogger<ReaderCatalog>());
        var reconciler = new ServiceReconciler(policies, cluster, datapaths, new Acceptance(new Preflight(cluster, readers), cluster), evaluation, status, new Finalizers(connection, metrics), events, metrics);
        using var loop = new ReconcileLoop(policies, cluster, datapaths, reconciler, status, states, events, leadership, metrics, settings.Workers, time, loggers.CreateLogger<ReconcileLoop>());

        using var agentClient = Client(settings);
        using var puller = new AgentPuller(agentClient, shared, report => Accept(report, clock.Now), () => ShortestInterval(policies), metrics, time, loggers.CreateLogger<AgentPuller>());
        metrics.ObserveAgents(puller.Count, puller.OldestReportSeconds);
        var agents = new AgentDirectory(connection, settings, reflectors, puller, time, loggers.CreateLogger<AgentDirectory>());

        LogStarted(client.BaseUri.ToString(), dialect.Kind.Version, settings.Namespace ?? "all namespaces");
        await Supervision.WhenStoppedAsync(
            [policies.RunAsync(stoppingToken), cluster.RunAsync(stoppingToken), agents.RunAsync(stoppingToken),
                shared.RunAsync(report => Accept(report, clock.Now), () => ShortestInterval(policies), stoppingToken), loop.RunAsync(stoppingToken)],
            stoppingToken);
        stoppingToken.ThrowIfCancellationRequested();
    }

    private AgentClient Client(ControllerOptions settings)
    {
        var http = clients.CreateClient(nameof(AgentClient));
        http.Timeout = settings.AgentTimeout;
        return new AgentClient(http, settings.AgentTokenFile is { Length: > 0 } file ? new AgentToken(file, time) : null);
    }

    private void Accept(NodeReport report, TimeSpan now)
    {
        if (_windows.Accept(report, now) is { } refusal) LogRefused(refusal);
    }

    private static TimeSpan ShortestInterval(PolicyStore policies) => policies.Policies.All()
        .Select(entry => SpecReader.Read(entry.Value.Spec, out _)?.Settings.EvaluationInterval)
        .OfType<TimeSpan>().DefaultIfEmpty(AgentPullSchedule.Longest * 2).Min();

    [LoggerMessage(Level = LogLevel.Information, Message = "Started the controller on {Server} (EndpointSlice {SliceVersion}), {Scope}")]
    private partial void LogStarted(string server, string sliceVersion, string scope);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Failed to ask the API server what it offers: {Error}")]
    private partial void LogAway(string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused a report: {Reason}")]
    private partial void LogRefused(string reason);
}
