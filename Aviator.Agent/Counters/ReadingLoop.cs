using System.Net;
using Aviator.Agent.Interest;
using Aviator.Agent.Sources;

namespace Aviator.Agent.Counters;

/// <summary>
/// Reads the kernel's counters at the pace asked for and books them under the present plan. Where the probe is the source there is nothing
/// to read, and the turn only marks that the agent is alive. A process that was stopped for a while takes one turn when it continues, not
/// all it missed.
/// </summary>
internal sealed partial class ReadingLoop(
    MeasurementSource source, FlowState flow, InterestBoard board, TrafficLedger ledger, ReadClock clock, AgentMetrics metrics,
    ReadingPace pace, TimeProvider time, ILogger<ReadingLoop> logger) : BackgroundService
{
    /// <summary>A node may get another address while it runs; finding it that late counts a few of its own probes as traffic.</summary>
    private static readonly TimeSpan AddressesLast = TimeSpan.FromSeconds(30);

    private InterestPlan? _planned;
    private long _addressesAt;
    private int _failures;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        metrics.Announce();
        using var timer = new PeriodicTimer(pace.Now, time);
        try
        {
            do
            {
                Turn();
                // Setting it starts the period anew, so only when it has changed.
                if (timer.Period != pace.Now) timer.Period = pace.Now;
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // An orderly stop.
        }
    }

    private void Turn()
    {
        var started = time.GetTimestamp();
        clock.Turned();
        var plan = board.Plan;
        try
        {
            if (!ReferenceEquals(plan, _planned)) Follow(plan);
            else if (time.GetElapsedTime(_addressesAt) >= AddressesLast) SetNodeAddresses();
            metrics.Count(ledger.Record(plan, source.Counters?.Read() ?? []), time.GetElapsedTime(started));
            // Counters that nothing feeds stand still like those of idle pods: not to be taken for a measurement.
            if (flow.Reason is { } dry)
            {
                clock.Failed(dry);
                return;
            }

            clock.Read(plan);
            if (_failures > 0) LogRecovered(logger, _failures);
            _failures = 0;
        }
#pragma warning disable CA1031 // Nothing that breaks one read may end the loop: ages grow, readiness says why, the next turn tries again.
        catch (Exception error)
#pragma warning restore CA1031
        {
            clock.Failed(error.Message);
            metrics.ReadFailed();
            if (_failures++ == 0) LogFailed(logger, error);
        }
    }

    private void Follow(InterestPlan plan)
    {
        if (source.Counters is { } counters)
        {
            SetNodeAddresses();
            if (plan.Endpoints.Count > counters.MaxEndpoints) LogTooMany(logger, plan.Endpoints.Count, counters.MaxEndpoints);
            counters.SetEndpoints([.. plan.Endpoints.Take(counters.MaxEndpoints)
                .Select(endpoint => new IPEndPoint(endpoint.Key.Address, endpoint.Key.Port))]);
        }

        if (_planned is not null || plan.Endpoints.Count > 0) LogApplied(logger, plan.Endpoints.Count);
        _planned = plan;
    }

    private void SetNodeAddresses()
    {
        source.Counters?.SetNodeAddresses(NodeAddresses.Current());
        _addressesAt = time.GetTimestamp();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Applied measurement plan: {Endpoints} endpoints")]
    private static partial void LogApplied(ILogger logger, int endpoints);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The plan has {Endpoints} endpoints, and {Most} can be measured at once: the others are probed alone")]
    private static partial void LogTooMany(ILogger logger, int endpoints, int most);

    [LoggerMessage(Level = LogLevel.Error, Message = "Failed to read the kernel's counters; trying again each sub-window")]
    private static partial void LogFailed(ILogger logger, Exception error);

    [LoggerMessage(Level = LogLevel.Information, Message = "Read the kernel's counters again after {Failures} failures")]
    private static partial void LogRecovered(ILogger logger, int failures);
}
