using Aviator.Controller.Clocks;
using Aviator.Kubernetes;
using Aviator.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace Aviator.Controller.Leadership;

/// <summary>Runs the election for as long as the process does, and gives the Lease up at its end.</summary>
internal sealed partial class LeadershipService : BackgroundService, ILeadership
{
    /// <summary>A server that is away at the end is not waited for: the Lease expires by itself.</summary>
    private static readonly TimeSpan ResignLimit = TimeSpan.FromSeconds(2);

    private readonly k8s.Kubernetes _client;
    private readonly LeaseElector _elector;
    private readonly LeaseWatch _watch;
    private readonly ILogger<LeadershipService> _logger;

    /// <param name="controller">Which cluster.</param>
    /// <param name="options">The election.</param>
    /// <param name="metrics">Shows the election.</param>
    /// <param name="loggers">Take the log.</param>
    public LeadershipService(
        IOptions<ControllerOptions> controller, IOptions<LeaderElectionOptions> options, LeadershipMetrics metrics, ILoggerFactory loggers)
    {
        var settings = options.Value;
        var name = LeaseName.Resolve(settings.LeaseName, settings.LeaseNamespace, $"{LeaderElectionOptions.Section}:LeaseNamespace");
        // Its own client: no other request can delay a renewal.
        _client = ClusterAccess.Connect(controller.Value.Kubeconfig, controller.Value.Context);
        _logger = loggers.CreateLogger<LeadershipService>();
        var connection = new ApiConnection(_client, TimeProvider.System);
        var identity = settings.Identity is { Length: > 0 } given
            ? given
            : $"{Environment.MachineName}_{Guid.NewGuid().ToString("N")[..8]}";
        _elector = new(
            new LeaseApi(connection, name), settings, identity, SuspendAwareClock.Instance, metrics, loggers.CreateLogger<LeaseElector>());
        _watch = new(connection, name, _elector.Heard, loggers.CreateLogger<LeaseWatch>());
    }

    /// <inheritdoc/>
    public LeaderTerm? Term => _elector.Term;

    /// <inheritdoc/>
    public string? Holder => _elector.Holder;

    /// <inheritdoc/>
    public Task<LeaderTerm> NextTermAsync(LeaderTerm? last, CancellationToken cancellationToken) =>
        _elector.NextTermAsync(last, cancellationToken);

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await TimeLimit.WithinAsync(ResignLimit, async stop =>
            {
                await _elector.ResignAsync(stop);
                return true;
            }, TimeProvider.System, cancellationToken);
        }
        catch (Exception fault) when (
            fault is ApiException or HttpRequestException or IOException or TimeoutException or OperationCanceledException)
        {
            LogKept(fault.Message);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _elector.Dispose();
        _client.Dispose();
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Supervision.WhenStoppedAsync([_elector.RunAsync(stoppingToken), _watch.RunAsync(stoppingToken)], stoppingToken);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Failed to give up the Lease, it will expire: {Error}")]
    private partial void LogKept(string error);
}
