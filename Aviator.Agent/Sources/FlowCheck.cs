using Aviator.Agent.Bpf;

namespace Aviator.Agent.Sources;

/// <summary>Whether the kernel's hooks still fire, as last tried.</summary>
internal sealed class FlowState
{
    private volatile string? _reason;

    /// <summary>
    /// Why data does not flow; null while it does, and where there is no kernel source. While there is a reason, what the counters show is
    /// not a measurement: no read is booked, so the reports grow old and the controller stops to decide by them.
    /// </summary>
    public string? Reason
    {
        get => _reason;
        set => _reason = value;
    }
}

/// <summary>
/// Makes its own request through the hooks every minute: they can be switched off under the agent's feet (a tracing knob, a cgroup
/// remounted) without any error, and an endpoint that then shows no traffic would be taken for idle. One failure may be a busy machine's;
/// after the second in a row nothing is reported any more, and after the last the agent ends with a fault, because its next start attaches
/// anew, by the hooks that work then.
/// </summary>
internal sealed partial class FlowCheck(
    MeasurementSource source, FlowState state, TimeProvider time, ILogger<FlowCheck> logger) : BackgroundService
{
    /// <summary>The pause before each further try, after so many failures in a row.</summary>
    private static readonly TimeSpan[] Pauses =
        [TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10)];

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (source.Counters is not { } counters) return;
        try
        {
            for (var failures = 0; failures < Pauses.Length;)
            {
                await Task.Delay(Pauses[failures] * (0.9 + (0.2 * Random.Shared.NextDouble())), time, stoppingToken);
                var reason = await Task.Run(() => Try(counters), stoppingToken);
                failures = reason is null ? 0 : failures + 1;
                if (failures == 2) LogDry(logger, reason!);
                if (failures == 0 && state.Reason is not null) LogFlowing(logger);
                state.Reason = failures < 2 ? null : reason;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return; // An orderly stop.
        }

        throw new InvalidOperationException($"{state.Reason}; the agent ends, and its next start attaches them again.");
    }

    private static string? Try(IKernelCounters counters)
    {
        try
        {
            return counters.IsFlowing() ? null : "the agent's own test request was not counted: the kernel's hooks no longer fire";
        }
#pragma warning disable CA1031 // The check itself failing is a finding, not the end of the agent.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return $"the kernel's hooks could not be tried: {error.Message}";
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The kernel's hooks do not measure, so nothing is reported: {Reason}")]
    private static partial void LogDry(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The kernel's hooks measure again")]
    private static partial void LogFlowing(ILogger logger);
}
