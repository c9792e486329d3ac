using System.Collections.Concurrent;
using Aviator.Controller.Telemetry;
using Aviator.Core.Measurement;
using Aviator.ServiceDefaults;

namespace Aviator.Controller.Collection;

/// <summary>
/// Asks every agent for its report, each in its own loop, so that a dead agent delays no other; at most <see cref="Concurrency"/> at a
/// time.
/// </summary>
/// <param name="client">Asks one agent.</param>
/// <param name="shared">What need not be asked for.</param>
/// <param name="sink">Takes each report as it comes.</param>
/// <param name="shortestInterval">The shortest evaluation interval at present.</param>
/// <param name="metrics">Counts requests.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes one line when an agent stops or starts to answer.</param>
internal sealed partial class AgentPuller(
    AgentClient client, ISharedReports shared, Action<NodeReport> sink, Func<TimeSpan> shortestInterval, ControllerMetrics metrics,
    TimeProvider time, ILogger logger) : IDisposable
{
    /// <summary>Requests under way at most.</summary>
    public const int Concurrency = 32;

    /// <summary>Pauses after failures.</summary>
    public static Backoff Backoff { get; } = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(10));

    /// <summary>
    /// How soon it is looked again whether a node is still covered: once it is not, its agent is asked before its last report is stale.
    /// </summary>
    private static readonly TimeSpan WhileCovered = TimeSpan.FromMilliseconds(300);

    private readonly ConcurrentDictionary<AgentEndpoint, Pull> _pulls = new();
    private readonly SemaphoreSlim _slots = new(Concurrency);

    /// <summary>The agents known, each with its node as far as its reports or its pod have told.</summary>
    public IReadOnlyCollection<AgentEndpoint> Agents() => [.. _pulls.Select(entry => entry.Key with { Node = entry.Value.Node })];

    /// <summary>Agents known, by whether their last request succeeded.</summary>
    public (int Fresh, int Stale) Count()
    {
        var (fresh, stale) = (0, 0);
        foreach (var pull in _pulls.Values)
            _ = pull.Failures == 0 && pull.LastSuccess != 0 ? fresh++ : stale++;
        return (fresh, stale);
    }

    /// <summary>Age of the oldest report, in seconds; 0 without agents.</summary>
    public double OldestReportSeconds() => _pulls.Values
        .Where(pull => pull.LastSuccess != 0)
        .Select(pull => time.GetElapsedTime(pull.LastSuccess).TotalSeconds)
        .DefaultIfEmpty(0).Max();

    /// <summary>Starts a loop for each agent that is new and ends those of agents that are gone.</summary>
    public void Update(IReadOnlyCollection<AgentEndpoint> agents, CancellationToken stopping)
    {
        if (stopping.IsCancellationRequested) return;
        var wanted = agents.ToHashSet();
        foreach (var (agent, pull) in _pulls)
        {
            if (!wanted.Contains(agent) && _pulls.TryRemove(agent, out _)) pull.Stop();
        }

        foreach (var agent in wanted)
        {
            if (_pulls.ContainsKey(agent)) continue;
            var pull = _pulls[agent] = new Pull(agent.Node, stopping);
            pull.Loop = RunAsync(agent, pull, pull.Stopping);
        }
    }

    /// <summary>Waits for all loops to end after the token they were started with was cancelled.</summary>
    public Task WhenStoppedAsync() => Task.WhenAll(_pulls.Values.Select(pull => pull.Loop));

    /// <inheritdoc/>
    public void Dispose() => _slots.Dispose();

    private async Task RunAsync(AgentEndpoint agent, Pull pull, CancellationToken cancellationToken)
    {
        await Task.Yield();
        try
        {
            while (true)
                await Task.Delay(IsCovered(pull) ? WhileCovered : await OnceAsync(agent, pull, cancellationToken), time, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            pull.Dispose();
        }
    }

    private bool IsCovered(Pull pull)
    {
        if (AgentPullSchedule.ReadEvery(shortestInterval()) is not null || pull.Node is not { } node || !shared.Covers(node)) return false;
        (pull.Failures, pull.LastSuccess) = (0, time.GetTimestamp());
        return true;
    }

    /// <returns>The pause until the next request.</returns>
    private async Task<TimeSpan> OnceAsync(AgentEndpoint agent, Pull pull, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken);
        try
        {
            var started = time.GetTimestamp();
            var report = await client.GetAsync(agent, AgentPullSchedule.ReadEvery(shortestInterval()), cancellationToken);
            if (agent.Node is { } own && report.Node != own)
                throw new AgentRefusedException(
                    $"it reports for node {report.Node}, and its pod is on node {own}: set Agent:NodeName to that");
            sink(report);
            metrics.Pulled(time.GetElapsedTime(started));
            if (pull.Failures > 0 || pull.LastSuccess == 0) LogReachable(agent.Name, report.Node, report.Source, report.SourceDetail);
            (pull.Failures, pull.Refused, pull.Node) = (0, false, report.Node);
            pull.LastSuccess = time.GetTimestamp();
            return AgentPullSchedule.Next(
                shortestInterval(), TimeSpan.FromSeconds(report.SubWindowSeconds), TimeSpan.FromSeconds(report.AgeSeconds));
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // Not only what the client expects: a report that cannot be taken in must not end the loop, because nothing would start it
            // again.
            var refused = fault is AgentRefusedException;
            metrics.PullFailed(refused);
            // Logged once, and again when the kind of fault changes.
            if (++pull.Failures == 1 || pull.Refused != refused) Log(agent, refused, fault.Message);
            pull.Refused = refused;
            return Backoff.Pause(pull.Failures, Random.Shared);
        }
        finally
        {
            _slots.Release();
        }
    }

    private void Log(AgentEndpoint agent, bool refused, string error)
    {
        if (refused) LogRefused(agent.Display, error);
        else LogUnreachable(agent.Display, error);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Agent reachable: {Agent} on node {Node}, source {Source} ({Detail})")]
    private partial void LogReachable(string agent, string node, LatencySource source, string detail);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Agent unreachable: {Agent}: {Error}")]
    private partial void LogUnreachable(string agent, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Agent refused: {Agent}: {Error}")]
    private partial void LogRefused(string agent, string error);

    /// <summary>The state of one agent's loop; only the loop writes it.</summary>
    private sealed class Pull(string? node, CancellationToken stopping) : IDisposable
    {
        private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(stopping);

        public CancellationToken Stopping => _stop.Token;

        public Task Loop { get; set; } = Task.CompletedTask;

        public string? Node { get; set; } = node;

        public int Failures { get; set; }

        /// <summary>Whether the last answer was that this controller is not let in.</summary>
        public bool Refused { get; set; }

        public long LastSuccess { get; set; }

        public void Stop() => _stop.Cancel();

        public void Dispose() => _stop.Dispose();
    }
}
