using Aviator.Agent.Counters;
using Aviator.Agent.Interest;
using Aviator.Agent.Sources;
using Aviator.Core.Measurement;

namespace Aviator.Agent.Probing;

/// <summary>
/// Decides which endpoints to probe and when: all where the probe is the source or a policy asks for it, else those without traffic. Each
/// endpoint has its own pace with jitter and at most one probe under way; all together share a limit. What was missed while the
/// process stood still is not made up for.
/// </summary>
internal sealed partial class ProbeScheduler(
    MeasurementSource source,
    InterestBoard board,
    TrafficLedger traffic,
    ProbeLedger ledger,
    HttpProbe probe,
    AgentMetrics metrics,
    AgentOptions options,
    TimeProvider time,
    ILogger<ProbeScheduler> logger) : BackgroundService
{
    private const double Jitter = 0.2;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);

    /// <summary>A probe that took this much longer than its limit was held up here, not by the endpoint.</summary>
    private static readonly TimeSpan HeldUp = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<EndpointAddress, Pace> _paces = [];
    private readonly List<(TimeSpan Wait, Pace Pace)> _due = [];
    private InterestPlan? _planned;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true) await Task.Delay(Turn(stoppingToken), time, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAll(_paces.Values.Select(pace => pace.UnderWay));
        }
    }

    /// <summary>Starts what is due and returns the time to the next turn.</summary>
    private TimeSpan Turn(CancellationToken stoppingToken)
    {
        Follow(board.Plan);
        var now = time.GetTimestamp();
        var next = LongestPause;
        var free = options.Probe.Concurrency;
        _due.Clear();
        foreach (var pace in _paces.Values)
        {
            if (!pace.UnderWay.IsCompleted)
            {
                free--;
                continue;
            }

            var wait = pace.Wait - time.GetElapsedTime(pace.Since, now);
            if (wait <= TimeSpan.Zero) _due.Add((wait, pace));
            else if (wait < next) next = wait;
        }

        // The endpoint that has waited longest comes first: when the limit is short, each still gets a turn.
        _due.Sort(static (left, right) => left.Wait.CompareTo(right.Wait));
        foreach (var (_, pace) in _due)
        {
            if (free <= 0) return ShortestPause;
            if (Start(pace, stoppingToken)) free--;
            if (pace.Wait < next) next = pace.Wait;
        }

        return next > ShortestPause ? next : ShortestPause;
    }

    /// <summary>Probes an endpoint that is due, unless it has traffic, and sets when it is due again.</summary>
    private bool Start(Pace pace, CancellationToken stoppingToken)
    {
        var busy = StillBusyFor(pace.Endpoint);
        var steady = pace.Streak.IsSteady && !MustProbe(pace.Endpoint);
        (pace.Since, pace.Wait) = (time.GetTimestamp(), busy ?? Jittered(steady ? options.Probe.SteadyInterval : options.Probe.Interval));
        if (busy is not null) return false;
        pace.UnderWay = ProbeAsync(pace, stoppingToken);
        return true;
    }

    private void Follow(InterestPlan plan)
    {
        if (ReferenceEquals(plan, _planned)) return;
        _planned = plan;
        ledger.Retain(plan);
        var probed = plan.Endpoints.Where(endpoint => endpoint is { Probe: not null, Ready: true }).ToDictionary(endpoint => endpoint.Key);
        foreach (var key in _paces.Keys)
            if (!probed.ContainsKey(key))
                _paces.Remove(key);
        foreach (var (key, endpoint) in probed)
        {
            if (_paces.TryGetValue(key, out var pace) && pace.Endpoint.PodUid == endpoint.PodUid) pace.Endpoint = endpoint;
            else _paces[key] = new Pace(endpoint, time.GetTimestamp(), options.Probe.Interval * Random.Shared.NextDouble());
        }
    }

    private bool MustProbe(EndpointInterest endpoint) => source.Kind == LatencySource.Probe || endpoint.Probe is { Always: true };

    /// <summary>How long, at the least, the endpoint will not count as idle yet; null when it is to be probed now.</summary>
    private TimeSpan? StillBusyFor(EndpointInterest endpoint)
    {
        if (MustProbe(endpoint)) return null;
        var wait = options.Probe.IdleAfter - (traffic.QuietFor(endpoint.Key) ?? TimeSpan.Zero);
        if (wait <= TimeSpan.Zero) return null;
        return wait > options.SubWindow ? wait : options.SubWindow;
    }

    private async Task ProbeAsync(Pace pace, CancellationToken stoppingToken)
    {
        await Task.Yield();
        var endpoint = pace.Endpoint;
        try
        {
            var started = time.GetTimestamp();
            var outcome = await probe.ProbeAsync(endpoint.Key.Address, endpoint.Probe!, options.Probe.Timeout, stoppingToken);
            var held = time.GetElapsedTime(started) > options.Probe.Timeout + HttpProbe.Afterwards + HeldUp;
            metrics.Probed(outcome, discarded: held);
            if (held) return;
            if (outcome.Result != ProbeResult.OtherProtocol) ledger.Record(endpoint, outcome);
            if (pace.Streak.Add(outcome)) pace.Wait = Jittered(options.Probe.Interval);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // An orderly stop.
        }
#pragma warning disable CA1031 // One endpoint's trouble must not end the probing of the others.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogFailed(logger, endpoint.Namespace, endpoint.Pod, error);
        }
    }

    private static TimeSpan Jittered(TimeSpan interval) => interval * (1 + (Jitter * ((2 * Random.Shared.NextDouble()) - 1)));

    [LoggerMessage(Level = LogLevel.Warning, Message = "Failed to probe pod {Namespace}/{Pod}")]
    private static partial void LogFailed(ILogger logger, string @namespace, string pod, Exception error);

    /// <summary>When an endpoint is due, counted from a moment in the past, and its probe under way.</summary>
    private sealed class Pace(EndpointInterest endpoint, long since, TimeSpan wait)
    {
        public EndpointInterest Endpoint { get; set; } = endpoint;

        public long Since { get; set; } = since;

        public TimeSpan Wait { get; set; } = wait;

        public ProbeStreak Streak { get; } = new();

        public Task UnderWay { get; set; } = Task.CompletedTask;
    }
}
