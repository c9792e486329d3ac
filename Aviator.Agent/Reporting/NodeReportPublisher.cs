using Aviator.Agent.Counters;
using Aviator.Redis;

namespace Aviator.Agent.Reporting;

/// <summary>
/// Writes the node's report to Redis after each read of the counters. One that cannot be written is lost and not sent later: counters are
/// cumulative, so the next report says all of it, and meanwhile controllers ask this agent by HTTP.
/// </summary>
/// <param name="store">The reports in Redis.</param>
/// <param name="report">Puts the report together.</param>
/// <param name="clock">Says when there is something new.</param>
internal sealed class NodeReportPublisher(NodeReportStore store, NodeReportBuilder report, ReadClock clock) : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            for (var last = 0L; ;)
            {
                last = await clock.AfterAsync(last, stoppingToken);
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
