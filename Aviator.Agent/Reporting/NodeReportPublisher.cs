using Aviator.Agent.Counters;
using Aviator.Redis;

namespace Aviator.Agent.Reporting;

/// <summary>
/// Writes the node's report to Redis after reads of the counters, once per sub-window: a controller that needs more asks by HTTP. One that
/// cannot be written is lost and not sent later: counters are cumulative, so the next report says all of it, and meanwhile controllers ask
/// this agent by HTTP.
/// </summary>
/// <param name="store">The reports in Redis.</param>
/// <param name="report">Puts the report together.</param>
/// <param name="clock">Says when there is something new.</param>
/// <param name="options">The sub-window.</param>
/// <param name="time">The clock.</param>
internal sealed class NodeReportPublisher(
    NodeReportStore store, NodeReportBuilder report, ReadClock clock, AgentOptions options, TimeProvider time) : BackgroundService
{
    /// <summary>A read may come a little early.</summary>
    private const double AboutOne = 0.8;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            long? written = null;
            for (var last = 0L; ;)
            {
                last = await clock.AfterAsync(last, stoppingToken);
                if (written is { } before && time.GetElapsedTime(before) < options.SubWindow * AboutOne) continue;
                written = time.GetTimestamp();
                await WriteAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // An orderly stop; what lies in Redis expires.
        }
    }

    private async Task WriteAsync(CancellationToken stopping)
    {
        try
        {
            await store.WriteAsync(report.Build(), stopping);
        }
        catch (RedisUnavailableException)
        {
            // The link has counted it, and logs it when it lasts.
        }
    }
}
