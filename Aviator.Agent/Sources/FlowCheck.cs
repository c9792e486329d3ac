namespace Aviator.Agent.Sources;

/// <summary>Whether the kernel's hooks still fire, as last tried.</summary>
internal sealed class FlowState
{
    private volatile string? _reason;

    /// <summary>Why data does not flow; null while it does, and where there is no kernel source.</summary>
    public string? Reason
    {
        get => _reason;
        set => _reason = value;
    }
}

/// <summary>
/// Makes its own request through the hooks every minute: they can be switched off under the agent's feet (a tracing knob, a cgroup
/// remounted) without any error, and an endpoint that then shows no traffic would be taken for idle.
/// </summary>
internal sealed partial class FlowCheck(
    MeasurementSource source, FlowState state, TimeProvider time, ILogger<FlowCheck> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(60);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (source.Counters is not { } counters) return;
        try
        {
            while (true)
            {
                await Task.Delay(Pause * (0.9 + (0.2 * Random.Shared.NextDouble())), time, stoppingToken);
                var reason = await Task.Run(() => Try(counters.IsFlowing), stoppingToken);
                if (reason is not null && reason != state.Reason) LogDry(logger, reason);
                if (reason is null && state.Reason is not null) LogFlowing(logger);
                state.Reason = reason;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // An orderly stop.
        }
    }

    private static string? Try(Func<bool> isFlowing)
    {
        try
        {
            return isFlowing() ? null : "the agent's own test request was not counted: the kernel's hooks no longer fire";
        }
#pragma warning disable CA1031 // The check itself failing is a finding, not the end of the agent.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return $"the kernel's hooks could not be tried: {error.Message}";
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The kernel's hooks do not measure: {Reason}")]
    private static partial void LogDry(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The kernel's hooks measure again")]
    private static partial void LogFlowing(ILogger logger);
}
