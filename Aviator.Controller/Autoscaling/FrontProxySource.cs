using System.Security.Cryptography;
using System.Text.Json;
using Aviator.Kubernetes;
using Aviator.ServiceDefaults;

namespace Aviator.Controller.Autoscaling;

/// <summary>Reads how the aggregator is known, again every minute: its authority is replaced with an overlap of hours.</summary>
/// <param name="connection">The API server.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes failures.</param>
internal sealed partial class FrontProxySource(ApiConnection connection, TimeProvider time, ILogger<FrontProxySource> logger)
    : BackgroundService
{
    private const string Path = "api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication";

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly Backoff Retries = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));

    private readonly Outage _outage = new();
    private volatile FrontProxyTrust? _current;

    /// <summary>What was read last; null before the first time, and while the API server passes no requests on.</summary>
    public FrontProxyTrust? Current => _current;

    /// <summary>Reads it once; what was read before stays when that fails.</summary>
    /// <returns>The time until the next.</returns>
    public async Task<TimeSpan> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var configMap = await connection.SendAsync(HttpMethod.Get, Path, cancellationToken: cancellationToken);
            _current = FrontProxyTrust.Read(configMap.RootElement);
            if (_current is not null) _outage.Succeeded();
            else if (_outage.Failed("")) LogNone();
            return Interval;
        }
        catch (Exception fault) when (fault is ApiException or HttpRequestException or IOException or TimeoutException
            or JsonException or CryptographicException)
        {
            if (_outage.Failed(fault.Message)) LogFailed(fault.Message);
            return Retries.Pause(_outage.Failures, Random.Shared);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(await ReadAsync(stoppingToken), time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Failed to read the ConfigMap kube-system/extension-apiserver-authentication, which says how the API server's aggregator "
            + "is known; HPAs get no metrics without it: {Error}")]
    private partial void LogFailed(string error);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "This API server passes no requests on (it runs without --requestheader-client-ca-file), so HPAs get no metrics; "
            + "callers with a token do")]
    private partial void LogNone();
}
