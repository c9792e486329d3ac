using System.Text.Json.Nodes;
using Aviator.Controller.Leadership;
using Aviator.Kubernetes;
using Aviator.ServiceDefaults;

namespace Aviator.Controller.Autoscaling;

/// <summary>
/// While this process leads, lets the APIService's Service lead to it, by the one Endpoints object of that Service: API servers before 1.33
/// read that, and Kubernetes mirrors it into the EndpointSlices that newer ones and kube-proxy read.
/// </summary>
/// <param name="connection">The API server, whose writes are held to the lead.</param>
/// <param name="options">The own address, and the Service.</param>
/// <param name="leadership">Whether this process leads.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes failures.</param>
internal sealed partial class LeaderEndpoint(
    ApiConnection connection, AutoscalingOptions options, ILeadership leadership, TimeProvider time, ILogger<LeaderEndpoint> logger)
    : BackgroundService
{
    /// <summary>Written again this often: a write that changes nothing costs the API server next to nothing.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private static readonly Backoff Retries = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(30));

    private readonly Outage _outage = new();

    /// <summary>Whether it is known what to write, and where.</summary>
    public static bool IsKnown(AutoscalingOptions options) =>
        options.Address is { Length: > 0 } && NamespaceOf(options) is { Length: > 0 };

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        LeaderTerm? term = null;
        try
        {
            while (true)
            {
                term = await leadership.NextTermAsync(term, stoppingToken);
                while (term.Holds)
                {
                    using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, term.Ended);
                    var pause = Task.Delay(await WriteAsync(stoppingToken), time, either.Token);
                    await pause.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    stoppingToken.ThrowIfCancellationRequested();
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops; the next leader writes its own address.
        }
    }

    /// <returns>The time until the next write.</returns>
    private async Task<TimeSpan> WriteAsync(CancellationToken cancellationToken)
    {
        var path = $"api/v1/namespaces/{NamespaceOf(options)}/endpoints/{options.Service}?fieldManager={AviatorNames.FieldManager}";
        try
        {
            using var answer = await connection.SendAsync(
                HttpMethod.Patch, path, Patch(), ApiConnection.MergePatch, cancellationToken);
            if (_outage.Succeeded() > 0) LogWritten();
            return Interval;
        }
        catch (WriteNotAllowedException)
        {
            return Interval; // the term is over, and with it this loop
        }
        catch (Exception fault) when (fault is ApiException or HttpRequestException or IOException or TimeoutException)
        {
            if (_outage.Failed(fault.Message)) LogFailed(options.Service, fault.Message);
            return Retries.Pause(_outage.Failures, Random.Shared);
        }
    }

    private JsonObject Patch() => new()
    {
        ["subsets"] = new JsonArray(new JsonObject
        {
            ["addresses"] = new JsonArray(new JsonObject { ["ip"] = options.Address }),
            ["ports"] = new JsonArray(new JsonObject { ["name"] = "https", ["port"] = options.Port, ["protocol"] = "TCP" }),
        }),
    };

    private static string? NamespaceOf(AutoscalingOptions options) => options.ServiceNamespace is { Length: > 0 } given
        ? given
        : Environment.GetEnvironmentVariable("POD_NAMESPACE");

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Failed to let Service {Service} lead to this replica; HPAs get no metrics until it does: {Error}")]
    private partial void LogFailed(string service, string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "The Service of the external metrics leads to this replica again")]
    private partial void LogWritten();
}
