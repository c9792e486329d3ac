using Aviator.Agent.Interest;
using Aviator.ServiceDefaults;

namespace Aviator.Agent.Engines;

/// <summary>
/// Asks the engines of this node's pods in turn, those that policies name alone: each at its own pace with jitter and with one question
/// under way at most, all together within a limit. One that does not answer is asked less and less often: an engine that is too busy for
/// its metrics must not be asked into the ground.
/// </summary>
internal sealed partial class EngineScheduler(
    InterestBoard board, EngineLedger ledger, EngineClient client, AgentMetrics metrics, TimeProvider time, ILogger<EngineScheduler> logger)
    : BackgroundService
{
    /// <summary>Questions at the same time, over all engines of the node. A node has few accelerators.</summary>
    public const int MostAtATime = 4;

    private const double Jitter = 0.1;

    /// <summary>From one question to the next.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Limit of one question, connecting and the whole answer included.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    private static readonly Backoff AfterFailures = new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(30));
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);
    private readonly Dictionary<EndpointAddress, Pace> _paces = [];
    private InterestPlan? _planned;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        metrics.ObserveEngines();
        try
        {
            while (true) await Task.Delay(Turn(stoppingToken), time, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAll(_paces.Values.Select(pace => pace.UnderWay));
        }
    }

    /// <summary>Starts what is due, what has waited longest first, and returns the time to the next turn.</summary>
    private TimeSpan Turn(CancellationToken stoppingToken)
    {
        Follow(board.Plan);
        var (next, now) = (LongestPause, time.GetTimestamp());
        var free = MostAtATime - _paces.Values.Count(pace => !pace.UnderWay.IsCompleted);
        foreach (var (wait, pace) in _paces.Values.Where(pace => pace.UnderWay.IsCompleted)
            .Select(pace => (Wait: pace.Wait - time.GetElapsedTime(pace.Since, now), Pace: pace)).OrderBy(due => due.Wait).ToList())
        {
            if (wait > TimeSpan.Zero) return Longer(wait < next ? wait : next, ShortestPause);
            if (free-- <= 0) return ShortestPause;
            (pace.Since, pace.Wait) = (now, Jittered(Interval));
            pace.UnderWay = AskAsync(pace, stoppingToken);
            if (pace.Wait < next) next = pace.Wait;
        }

        return Longer(next, ShortestPause);
    }

    private void Follow(InterestPlan plan)
    {
        if (ReferenceEquals(plan, _planned)) return;
        _planned = plan;
        ledger.Retain(plan);
        var asked = plan.Endpoints.Where(endpoint => endpoint is { Engine: not null, Ready: true }).ToDictionary(endpoint => endpoint.Key);
        foreach (var key in _paces.Keys)
            if (!asked.ContainsKey(key))
                _paces.Remove(key);
        foreach (var (key, endpoint) in asked)
        {
            // Another engine, or another place of its metrics, is a new question: the failures of the old one do not count.
            if (_paces.TryGetValue(key, out var pace) && pace.Endpoint.PodUid == endpoint.PodUid && pace.Endpoint.Engine == endpoint.Engine)
                pace.Endpoint = endpoint;
            else
                _paces[key] = new Pace(endpoint, time.GetTimestamp(), Interval * Random.Shared.NextDouble());
        }
    }

    private async Task AskAsync(Pace pace, CancellationToken stoppingToken)
    {
        await Task.Yield();
        var (endpoint, target) = (pace.Endpoint, pace.Endpoint.Engine!);
        try
        {
            var answer = await client.AskAsync(endpoint.Key.Address, target, Timeout, stoppingToken);
            metrics.EngineAsked(answer.Outcome);
            if (answer.Sample is { } sample)
            {
                ledger.Record(endpoint, sample);
                if (pace.Outage.Succeeded() > 0) LogAnswers(logger, endpoint.Namespace, endpoint.Pod);
                return;
            }

            if (pace.Outage.Failed(answer.Detail))
                LogSilent(logger, endpoint.Namespace, endpoint.Pod, target.Port, target.Path, answer.Detail);
            pace.Wait = AfterFailures.Pause(pace.Outage.Failures, Random.Shared) + Interval;
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // An orderly stop.
        }
#pragma warning disable CA1031 // One engine's trouble must not end the questions to the others.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogFailed(logger, endpoint.Namespace, endpoint.Pod, error);
        }
    }

    private static TimeSpan Jittered(TimeSpan interval) => interval * (1 + (Jitter * ((2 * Random.Shared.NextDouble()) - 1)));

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The engine of pod {Namespace}/{Pod} tells no queue at port {Port} {Path}: {Reason}; requests in flight decide")]
    private static partial void LogSilent(ILogger logger, string @namespace, string pod, int port, string path, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The engine of pod {Namespace}/{Pod} tells its queue now")]
    private static partial void LogAnswers(ILogger logger, string @namespace, string pod);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Failed to ask the engine of pod {Namespace}/{Pod}")]
    private static partial void LogFailed(ILogger logger, string @namespace, string pod, Exception error);

    /// <summary>When an engine is due, counted from a moment in the past, and the question under way.</summary>
    private sealed class Pace(EndpointInterest endpoint, long since, TimeSpan wait)
    {
        public EndpointInterest Endpoint { get; set; } = endpoint;

        public long Since { get; set; } = since;

        public TimeSpan Wait { get; set; } = wait;

        public Outage Outage { get; } = new();

        public Task UnderWay { get; set; } = Task.CompletedTask;
    }
}
