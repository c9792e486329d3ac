using Aviator.Controller.Leadership;
using Aviator.Kubernetes;
using Aviator.ServiceDefaults;

namespace Aviator.Controller.Roles.Release;

/// <summary>
/// Takes the controllers' Lease away from its holder, for an uninstall. The leader of that moment notices at its next renewal, at the
/// latest when its renew deadline passes; no other begins while the Lease is held.
/// </summary>
/// <param name="lease">The Lease.</param>
/// <param name="hold">How long controllers leave it alone.</param>
/// <param name="time">The clock.</param>
internal sealed class LeaseSeizure(ILeaseLock lease, TimeSpan hold, TimeProvider time)
{
    private const int Attempts = 20;

    /// <summary>Several times within the silence that a watchdog puts up with, 30 s by default.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private static readonly Backoff Retries = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(3));

    /// <summary>Takes it.</summary>
    /// <returns>How long the leader before may still write, at most.</returns>
    /// <exception cref="ApiException">The server refused, again and again.</exception>
    public async Task<TimeSpan> TakeAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var seen = await lease.ReadAsync(cancellationToken);
                var now = LeaseSpec.Time(time.GetUtcNow());
                var spec = new LeaseSpec(
                    LeaseHolders.Uninstall, hold, now, now, LeaseSpec.NextTerm(seen?.Spec.Term ?? 0, time.GetUtcNow()));
                var taken = seen is null
                    ? await lease.CreateAsync(spec, cancellationToken)
                    : await lease.ReplaceAsync(seen, spec, cancellationToken);
                if (taken is not null) return seen is { Spec: { IsHeld: true, IsUninstall: false } held } ? held.Duration : TimeSpan.Zero;
                if (attempt >= Attempts)
                    throw new TimeoutException($"could not acquire the Lease: {Attempts} attempts, each lost to another writer");
            }
            catch (Exception fault) when (
                attempt < Attempts &&
                fault is ApiException { IsForbidden: false } or HttpRequestException or IOException or TimeoutException)
            {
                // A server that is being upgraded comes back; an uninstall can wait for it.
            }

            await Task.Delay(Retries.Pause(attempt, Random.Shared), time, cancellationToken);
        }
    }

    /// <summary>
    /// Renews it until cancelled, so that a watchdog knows the release to be in good hands, and takes it over when this process dies.
    /// Failures pass: the next turn is soon.
    /// </summary>
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(Period, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                if (await lease.ReadAsync(cancellationToken) is { Spec.IsUninstall: true } own)
                    await lease.ReplaceAsync(own, own.Spec with { RenewTime = LeaseSpec.Time(time.GetUtcNow()) }, cancellationToken);
            }
            catch (Exception fault) when (
                fault is ApiException or HttpRequestException or IOException or TimeoutException or OperationCanceledException)
            {
                // A server that is away, or the end.
            }
        }
    }

    /// <summary>Gives it back, so that the controllers continue as before.</summary>
    /// <exception cref="ApiException">The server refused.</exception>
    /// <exception cref="HttpRequestException">The server could not be reached.</exception>
    public async Task GiveBackAsync(CancellationToken cancellationToken)
    {
        if (await lease.ReadAsync(cancellationToken) is { Spec.IsUninstall: true } own)
            await lease.ReplaceAsync(own, own.Spec with { Holder = "", RenewTime = LeaseSpec.Time(time.GetUtcNow()) }, cancellationToken);
    }
}
