using Aviator.Cli.Cluster;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Policies;
using Aviator.Core.Slices;
using Aviator.Kubernetes;

namespace Aviator.Cli.Release;

/// <summary>
/// Whether a controller would undo a release: one leads, and a policy that has the Service asks for steering. Asked before the first write
/// and again between steps, because a controller may come back in the middle.
/// </summary>
/// <param name="session">The way to the cluster.</param>
internal sealed class LeaderGuard(Session session)
{
    /// <summary>Longer than a leader pauses between two renewals (2 s, unless it is set otherwise).</summary>
    private static readonly TimeSpan SecondLook = TimeSpan.FromSeconds(5);

    /// <summary>The controller that leads; null when none does.</summary>
    /// <exception cref="CliException">That cannot be known.</exception>
    public async Task<string?> LeadingAsync(CancellationToken cancellationToken)
    {
        var seen = await Leader.FindAsync(session.Api, session.SystemNamespace, cancellationToken);
        if (seen.Hidden is { } why)
        {
            throw new CliException(
                $"Whether a controller leads is not known ({why.TrimEnd('.')}), and one that leads would steer again. Use an account that "
                + $"may list Leases, name the namespace by --system-namespace, or follow {Output.DocsLink.Of("operations/emergency.md")}.",
                ExitCode.NoAccess);
        }

        if (seen.Leads(session.Now)) return seen.Holder;
        if (!seen.IsController) return null;
        // By this machine's clock it ended. Its own may be behind: only a Lease that nobody renews is one.
        await Task.Delay(SecondLook, session.Host.Time, cancellationToken);
        var again = await Leader.FindAsync(session.Api, session.SystemNamespace, cancellationToken);
        return again.IsController && again.RenewTime != seen.RenewTime ? again.Holder : null;
    }

    /// <summary>The policies that ask for these Services to be steered, by Service.</summary>
    public async Task<IReadOnlyDictionary<ObjectKey, AviatorPolicy>> SteeringAsync(
        IReadOnlyList<ObjectKey> services, CancellationToken cancellationToken)
    {
        var found = new Dictionary<ObjectKey, AviatorPolicy>();
        foreach (var group in services.GroupBy(service => service.Namespace))
        {
            var policies = await PolicyListing.AllAsync(session.Api, group.Key, cancellationToken);
            foreach (var service in group)
            {
                if (PolicyClaims.OwnerOf(service.Name, policies) is { Spec.Mode: not "Observe" } owner) found[service] = owner;
            }
        }

        return found;
    }

    /// <summary>The twin of a Service is released under the Service's name.</summary>
    public static ObjectKey Named(ServiceShape service) =>
        service.TwinOfName is { } source ? new(service.Namespace, source) : new(service.Namespace, service.Name);
}
