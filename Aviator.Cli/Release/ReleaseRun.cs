using Aviator.Kubernetes;

namespace Aviator.Cli.Release;

/// <summary>What was handed back.</summary>
/// <param name="Released">The Services, as namespace/name.</param>
/// <param name="SteeredAgain">Commands that keep a controller, once one is back, from steering them again.</param>
internal sealed record ReleaseReport(IReadOnlyList<string> Released, IReadOnlyList<string> SteeredAgain);

/// <summary>One <c>release</c>: looks, refuses or asks, hands back, and says each step.</summary>
/// <param name="session">The way to the cluster and the person.</param>
/// <param name="isAgreed">Whether the person said yes already.</param>
internal sealed class ReleaseRun(Session session, bool isAgreed) : IDisposable
{
    /// <summary>Services at a time: each waits 30 s for kube-proxies, so one after the other would take hours in a large cluster.</summary>
    private const int AtATime = 8;

    private static readonly TimeSpan GuardPeriod = TimeSpan.FromSeconds(2);

    private readonly LeaderGuard _guard = new(session);
    private readonly SemaphoreSlim _asking = new(1);
    private long _guarded;

    /// <summary>Runs it.</summary>
    /// <param name="service">The Service; null for all of the session's scope.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CliException">It was refused, or must not go on.</exception>
    public async Task<int> RunAsync(ObjectKey? service, CancellationToken cancellationToken)
    {
        var leading = await _guard.LeadingAsync(cancellationToken);
        await using var handover = await Handover.BeginAsync(
            session.Api, service is { } one ? one.Namespace : session.Scope, session.Host.Time, cancellationToken);
        var services = service is { } named ? Named(named, handover) : handover.Held();
        if (services.Count == 0)
        {
            session.Printer.Write(new ReleaseReport([], []), () => session.Printer.Line(Nothing(service)));
            return ExitCode.Fine;
        }

        var steering = await _guard.SteeringAsync(services, cancellationToken);
        if (leading is not null && steering.Count > 0) throw Refusal(leading, steering.First().Value.Metadata);
        if (!Agreed(services)) throw new CliException("Nothing was changed.");

        session.MayWrite = static () => true;
        await Parallel.ForEachAsync(
            services, new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken },
            async (next, stop) =>
            {
                await handover.ReleaseAsync(next, step => Say($"{next}: {step}"), () => CheckAsync(steering.Count > 0, stop), stop);
                Say($"{next}: handed back");
            });

        var report = new ReleaseReport(
            [.. services.Select(done => $"{done}")], [.. steering.Values.Select(policy => Keep(policy.Metadata))]);
        session.Printer.Write(report, () => Write(report));
        return ExitCode.Fine;
    }

    /// <inheritdoc/>
    public void Dispose() => _asking.Dispose();

    private static IReadOnlyList<ObjectKey> Named(ObjectKey service, Handover handover)
    {
        if (!handover.Exists(service) && !handover.IsHeld(service))
            throw new CliException($"Namespace {service.Namespace} has no Service {service.Name}. Name another namespace by -n.");
        return handover.IsHeld(service) ? [service] : [];
    }

    private static string Nothing(ObjectKey? service) => service is { } named
        ? $"Service {named} carries nothing of Aviator's: Kubernetes serves it. (routing: Kernel leaves nothing in the cluster; a node "
            + "whose orders stop goes back to kube-proxy by itself.)"
        : "No Service carries anything of Aviator's.";

    private static CliException Refusal(string leading, k8s.Models.V1ObjectMeta policy) => new(
        $"Controller {leading} leads and would steer again, since policy {policy.NamespaceProperty}/{policy.Name} asks for it. Have the "
        + $"controller hand back instead, which takes about 30 s: {Keep(policy)}; or delete the policy.");

    private static string Keep(k8s.Models.V1ObjectMeta policy) =>
        $"kubectl patch avp {policy.Name} -n {policy.NamespaceProperty} --type=merge -p '{{\"spec\":{{\"mode\":\"Observe\"}}}}'";

    /// <summary>Looked at once per period, however many Services are under way.</summary>
    private async Task CheckAsync(bool wouldSteer, CancellationToken cancellationToken)
    {
        if (!wouldSteer) return;
        await _asking.WaitAsync(cancellationToken);
        try
        {
            var time = session.Host.Time;
            if (_guarded != 0 && time.GetElapsedTime(_guarded) < GuardPeriod) return;
            _guarded = time.GetTimestamp();
            var leader = await Cluster.Leader.FindAsync(session.Api, session.SystemNamespace, cancellationToken);
            if (leader.Leads(session.Now))
            {
                session.MayWrite = static () => false;
                throw new CliException(
                    $"Controller {leader.Holder} began to lead and steers again, so this stops; nothing is lost by that.");
            }
        }
        finally
        {
            _asking.Release();
        }
    }

    private bool Agreed(IReadOnlyList<ObjectKey> services)
    {
        if (isAgreed) return true;
        var what = services.Count == 1 ? $"Service {services[0]}" : $"{services.Count} Services ({string.Join(", ", services.Take(5))}"
            + (services.Count > 5 ? ", …)" : ")");
        if (!session.Host.CanAsk)
            throw new CliException($"--yes: is needed to hand back {what}, since nobody can be asked here.", ExitCode.NoAccess);
        session.Host.Error.Write($"Hand {what} back to Kubernetes, so that every ready pod gets traffic? [y/N] ");
        return session.Host.In.ReadLine()?.Trim() is "y" or "Y" or "yes";
    }

    private void Write(ReleaseReport report)
    {
        session.Printer.Line($"Handed back: {string.Join(", ", report.Released)}. Every ready pod gets traffic.", "green");
        if (report.SteeredAgain.Count == 0) return;
        session.Printer.Line("A controller that comes back steers again. To prevent that:");
        foreach (var command in report.SteeredAgain) session.Printer.Line($"  {command}");
    }

    private void Say(string text)
    {
        lock (_asking) session.Printer.Note(text);
    }
}
