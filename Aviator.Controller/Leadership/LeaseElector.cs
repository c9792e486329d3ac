using Aviator.Kubernetes;
using Aviator.ServiceDefaults;

namespace Aviator.Controller.Leadership;

/// <summary>
/// Contends for the Lease and keeps it. After the election of client-go (k8s.io/client-go/tools/leaderelection), with its traps avoided: no
/// failed request ends the contest, a failed renewal ends no term before its deadline, a term ends by the clock alone however late the
/// process notices, and every term has its own number.
/// </summary>
/// <param name="lease">The Lease.</param>
/// <param name="options">Durations.</param>
/// <param name="identity">The name of this process as a holder; no other process may have it.</param>
/// <param name="clock">A clock that continues while the process, or the machine, is suspended.</param>
/// <param name="metrics">Shows the election.</param>
/// <param name="logger">Takes one line for each change.</param>
internal sealed partial class LeaseElector(
    ILeaseLock lease, LeaderElectionOptions options, string identity, TimeProvider clock, LeadershipMetrics metrics,
    ILogger<LeaseElector> logger) : ILeadership, IDisposable
{
    /// <summary>
    /// How long a Lease that vanished from under an uninstall is left alone: what removes the Lease is removing the controllers as well,
    /// and one that still runs must not steer again in its last seconds.
    /// </summary>
    public static readonly TimeSpan AfterUninstall = TimeSpan.FromSeconds(60);

    private readonly LeaseSight _sight = new(clock);
    private readonly AsyncPulse _leaseChanged = new();
    private readonly CurrentTerm _term = new();
    private readonly Backoff _retries = new(
        TimeSpan.FromMilliseconds(Math.Min(200, options.RetryPeriod.TotalMilliseconds)), options.RetryPeriod);
    private Lease? _own;
    private long _highestTerm;
    private long _attempted;
    private readonly Outage _outage = new();
    private string? _loggedHolder;

    /// <inheritdoc/>
    public LeaderTerm? Term => _term.Held;

    /// <inheritdoc/>
    public string? Holder => _sight.Last is { Spec: { IsHeld: true, Holder: var holder } } ? holder : null;

    /// <inheritdoc/>
    public Task<LeaderTerm> NextTermAsync(LeaderTerm? last, CancellationToken cancellationToken) =>
        _term.NextAsync(last, cancellationToken);

    /// <summary>Takes what a watch brought, and looks at once when the Lease is free, or is not this process's any more.</summary>
    public void Heard(Lease? seen)
    {
        _sight.Heard(seen);
        if (seen is null || !seen.Spec.IsHeld || (Term is not null && seen.Spec.Holder != identity)) _leaseChanged.Send();
    }

    /// <summary>Ends when there is a reason to look at the Lease before its time.</summary>
    public Task Rung => _leaseChanged.Next;

    /// <summary>Contends until cancelled; never throws but for that.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        metrics.Observe(() => Term);
        try
        {
            while (true)
            {
                // Taken before the step, so that a ring during it is not missed.
                var ring = Rung;
                await AsyncPulse.WaitAsync(ring, await StepAsync(cancellationToken), clock, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            LogStopped();
        }
    }

    /// <summary>
    /// Does what is next: renews, takes the Lease, or looks whether it may be taken. A failure is one step's, never the end.
    /// </summary>
    /// <returns>When to do the next, unless it rings before.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<TimeSpan> StepAsync(CancellationToken cancellationToken)
    {
        try
        {
            var pause = _term.Last is { } term && _own is { } own
                ? await RenewAsync(term, own, cancellationToken)
                : await StandByAsync(cancellationToken);
            if (_outage.Succeeded() is > 0 and var failures) LogRecovered(failures);
            metrics.Asked(ok: true);
            return pause;
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            metrics.Asked(ok: false);
            if (_outage.Failed(fault.Message)) LogFailed(fault.Message);
            EndIfOver();
            return _retries.Pause(_outage.Failures, Random.Shared);
        }
    }

    /// <summary>
    /// Ends the own term, if there is one, and gives the Lease up, so that a successor need not wait for it to expire. To be called after
    /// <see cref="RunAsync"/> has ended.
    /// </summary>
    /// <exception cref="ApiException">The server refused; the Lease expires by itself.</exception>
    /// <exception cref="HttpRequestException">The server could not be reached.</exception>
    public async Task ResignAsync(CancellationToken cancellationToken)
    {
        if (_term.Held is not { } term || _own is not { } own) return;
        term.End();
        for (var attempt = 0; attempt < 2; attempt++)
        {
            if (await lease.ReplaceAsync(own, own.Spec with { Holder = "", RenewTime = Now() }, cancellationToken) is not null)
            {
                LogResigned(term.Number);
                return;
            }

            if (await lease.ReadAsync(cancellationToken) is not { } fresh || fresh.Spec.Holder != identity) return;
            own = fresh;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _term.Dispose();

    /// <summary>Waits for the Lease to be free, and takes it then.</summary>
    private async Task<TimeSpan> StandByAsync(CancellationToken cancellationToken)
    {
        var seen = await TimeLimit.WithinAsync(options.RenewDeadline / 2, lease.ReadAsync, clock, cancellationToken);
        _sight.Read(seen);
        _highestTerm = Math.Max(_highestTerm, seen?.Spec.Term ?? 0);
        LogHolder(seen);
        var wait = Wait(seen);
        if (wait > TimeSpan.Zero)
        {
            var late = options.RetryPeriod * 0.1 * Random.Shared.NextDouble();
            return Shorter(wait + late, options.RetryPeriod * (0.8 + (0.4 * Random.Shared.NextDouble())));
        }

        var at = clock.GetTimestamp();
        var number = LeaseSpec.NextTerm(_highestTerm, clock.GetUtcNow());
        // An answer may get lost: then the Lease is found to be this process's own.
        _attempted = number;
        var spec = new LeaseSpec(identity, options.LeaseDuration, Now(), Now(), number);
        var taken = await TimeLimit.WithinAsync(
            options.RenewDeadline / 2,
            stop => seen is null ? lease.CreateAsync(spec, stop) : lease.ReplaceAsync(seen, spec, stop),
            clock,
            cancellationToken);
        if (taken is null) return options.RetryPeriod * 0.1 * Random.Shared.NextDouble();

        _sight.Read(taken);
        (_own, _highestTerm, _loggedHolder) = (taken, number, identity);
        _term.Begin(new(number, at, options.RenewDeadline, clock));
        metrics.Began();
        LogBegan(number, identity);
        return Period();
    }

    private async Task<TimeSpan> RenewAsync(LeaderTerm term, Lease own, CancellationToken cancellationToken)
    {
        if (EndIfOver()) return TimeSpan.Zero;
        var limit = Shorter(term.Remaining, options.RenewDeadline / 2);
        var at = clock.GetTimestamp();
        var spec = own.Spec with { RenewTime = Now() };
        if (await TimeLimit.WithinAsync(limit, stop => lease.ReplaceAsync(own, spec, stop), clock, cancellationToken) is { } renewed)
        {
            _sight.Read(renewed);
            _own = renewed;
            if (!term.Renew(at)) EndIfOver();
            return Period();
        }

        // Another writer was first; it may have changed only a label.
        var seen = await TimeLimit.WithinAsync(limit, lease.ReadAsync, clock, cancellationToken);
        _sight.Read(seen);
        if (seen is not null && seen.Uid == own.Uid && seen.Spec.Holder == identity && seen.Spec.Term == term.Number)
        {
            _own = seen;
            return TimeSpan.Zero;
        }

        End(term, seen is null ? "the Lease was deleted" : $"the Lease went to \"{seen.Spec.Holder}\"");
        return TimeSpan.Zero;
    }

    /// <summary>How long the Lease as seen has to be left alone; zero or less when it may be taken.</summary>
    private TimeSpan Wait(Lease? seen)
    {
        if (seen is null) return _sight.WasUninstall ? AfterUninstall - _sight.SinceChange : TimeSpan.Zero;
        if (!seen.Spec.IsHeld || (seen.Spec.Holder == identity && seen.Spec.Term == _attempted)) return TimeSpan.Zero;
        return (seen.Spec.Duration > TimeSpan.Zero ? seen.Spec.Duration : options.LeaseDuration) - _sight.SinceChange;
    }

    /// <returns>Whether the term was over.</returns>
    private bool EndIfOver()
    {
        if (_term.Last is not { Holds: false } over) return false;
        End(over, $"it was not renewed within {options.RenewDeadline.TotalSeconds:0.#} s");
        return true;
    }

    private void End(LeaderTerm term, string why)
    {
        _term.Clear();
        _loggedHolder = null;
        LogEnded(term.Number, why);
    }

    private void LogHolder(Lease? seen)
    {
        if (seen?.Spec.Holder == _loggedHolder) return;
        _loggedHolder = seen?.Spec.Holder;
        if (seen is { Spec.IsHeld: true }) LogStandingBy(seen.Spec.Holder, seen.Spec.Term);
    }

    private TimeSpan Period() => options.RetryPeriod * (0.9 + (0.1 * Random.Shared.NextDouble()));

    private string Now() => LeaseSpec.Time(clock.GetUtcNow());

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
