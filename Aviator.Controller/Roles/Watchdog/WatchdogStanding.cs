using Aviator.Controller.Leadership;
using Aviator.ServiceDefaults;

namespace Aviator.Controller.Roles.Watchdog;

/// <summary>
/// Whether the watchdog may write: only while no controller has renewed for too long, by a look at the Lease that is a few seconds old at
/// most. Each span of that is a term, which ends the moment a controller is heard of, so the two never work against each other.
/// </summary>
/// <param name="lease">The controllers' Lease.</param>
/// <param name="silence">Judges it.</param>
/// <param name="clock">A clock that continues while the process, or the machine, is suspended.</param>
/// <param name="logger">Takes one line for each change.</param>
internal sealed partial class WatchdogStanding(
    ILeaseLock lease, ControllerSilence silence, TimeProvider clock, ILogger<WatchdogStanding> logger) : ILeadership, IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private static readonly Backoff Retries = new(TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(2));

    private readonly Lock _judging = new();
    private readonly CurrentTerm _term = new();
    private long _number;
    private readonly Outage _outage = new();

    /// <inheritdoc/>
    public LeaderTerm? Term => _term.Held;

    /// <inheritdoc/>
    public Task<LeaderTerm> NextTermAsync(LeaderTerm? last, CancellationToken cancellationToken) =>
        _term.NextAsync(last, cancellationToken);

    /// <summary>Takes what a watch brought.</summary>
    public void Heard(Lease? seen)
    {
        silence.Heard(seen);
        Judge();
    }

    /// <summary>Looks at the Lease until cancelled; never throws but for that.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true) await Task.Delay(await StepAsync(cancellationToken), clock, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            LogStopped();
        }
    }

    /// <summary>Looks at the Lease once. A failure is one step's, never the end.</summary>
    /// <returns>When to look again.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<TimeSpan> StepAsync(CancellationToken cancellationToken)
    {
        try
        {
            var at = clock.GetTimestamp();
            silence.Looked(await TimeLimit.WithinAsync(ControllerSilence.LookLimit / 2, lease.ReadAsync, clock, cancellationToken), at);
            if (_outage.Succeeded() is > 0 and var failures) LogRecovered(failures);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            if (_outage.Failed(fault.Message)) LogFailed(fault.Message);
        }

        Judge();
        return _outage.Failures > 0 ? Retries.Pause(_outage.Failures, Random.Shared) : Period * (0.8 + (0.2 * Random.Shared.NextDouble()));
    }

    /// <inheritdoc/>
    public void Dispose() => _term.Dispose();

    private static string Describe(Lease? lease) => lease switch
    {
        null => "missing",
        { Spec.IsHeld: true } => $"held by \"{lease.Spec.Holder}\"",
        _ => "given up",
    };

    private void Judge()
    {
        lock (_judging)
        {
            var (tooLong, term) = (silence.IsTooLong, _term.Last);
            if (tooLong && term is not null && term.Renew(silence.LookedAt)) return;
            if (term is not null)
            {
                _term.Clear();
                if (!tooLong) LogStoodBack(silence.Lease?.Spec.Holder ?? "", silence.Length.TotalSeconds);
            }

            if (!tooLong) return;
            _term.Begin(new(++_number, silence.LookedAt, ControllerSilence.LookLimit, clock));
            LogBegan(silence.Length.TotalSeconds, Describe(silence.Lease));
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "No controller has renewed the Lease for {Silence:0.#} s ({Lease}): releasing what is steered")]
    private partial void LogBegan(double silence, string lease);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Yielded: the Lease is held by \"{Holder}\", last renewed {Silence:0.#} s ago")]
    private partial void LogStoodBack(string holder, double silence);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Stopped watching the Lease")]
    private partial void LogStopped();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot read the Lease, retrying: {Error}")]
    private partial void LogFailed(string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "Read the Lease again after {Failures} failures")]
    private partial void LogRecovered(int failures);
}
