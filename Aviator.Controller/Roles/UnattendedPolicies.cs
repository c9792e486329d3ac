using Aviator.Controller.Policies;
using Aviator.Controller.Status;
using Aviator.Controller.Telemetry;
using Aviator.Kubernetes;
using Aviator.ServiceDefaults;

namespace Aviator.Controller.Roles;

/// <summary>
/// Corrects what policies say when nobody decides for them any more: their last status reads as if they were steered, for good. To hand
/// Services back matters more, so what cannot be written is a line in the log and no more.
/// </summary>
/// <param name="connection">The API server.</param>
/// <param name="metrics">Counts the writes.</param>
/// <param name="ns">One namespace, or null for all.</param>
/// <param name="logger">Takes what could not be written.</param>
internal sealed partial class UnattendedPolicies(
    ApiConnection connection, ControllerMetrics metrics, string? ns, ILogger<UnattendedPolicies> logger)
{
    private readonly Outage _outage = new();
    private readonly StatusWriter _writer = new(connection, metrics);

    /// <summary>Corrects all policies once.</summary>
    /// <param name="steering">What their condition Steering says from now on.</param>
    /// <param name="cancellationToken">Ends it, wherever it is.</param>
    /// <returns>How many were corrected.</returns>
    public async Task<int> CorrectAsync(ConditionValue steering, CancellationToken cancellationToken)
    {
        var corrected = 0;
        try
        {
            foreach (var policy in await PolicyListing.AllAsync(connection, ns, cancellationToken))
            {
                if (Unattended.Correct(policy, steering, TimeProvider.System.GetUtcNow()) is not { } status) continue;
                if (await _writer.WriteAsync(policy, status, cancellationToken)) corrected++;
            }

            _outage.Succeeded();
        }
        catch (Exception fault) when (fault is ApiException or HttpRequestException or IOException or TimeoutException
            or WriteNotAllowedException)
        {
            if (_outage.Failed(fault.Message)) LogFailed(fault.Message);
        }

        return corrected;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Failed to write into all policies that nobody decides for them: {Error}")]
    private partial void LogFailed(string error);
}
