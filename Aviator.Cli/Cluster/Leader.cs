using System.Globalization;
using Aviator.Cli.Output;
using Aviator.Controller.Leadership;
using Aviator.Kubernetes;

namespace Aviator.Cli.Cluster;

/// <summary>Which controller decides now, as the Lease tells.</summary>
/// <param name="Lease">Namespace and name of the Lease; null when there is none, or it may not be read.</param>
/// <param name="Holder">Who holds it; empty when nobody does.</param>
/// <param name="RenewTime">When it was renewed last, by the holder's clock; null when never.</param>
/// <param name="Duration">How long after that others leave it alone.</param>
/// <param name="Hidden">Why it could not be read; null when it could.</param>
internal sealed record Leader(ObjectKey? Lease, string Holder, DateTimeOffset? RenewTime, TimeSpan Duration, string? Hidden = null)
{
    /// <summary>Reads the Lease; by its label, since its namespace and name are settings.</summary>
    /// <param name="api">The API server.</param>
    /// <param name="ns">Where Aviator runs; null to look everywhere, and in the usual namespace where that is not allowed.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<Leader> FindAsync(ApiConnection api, string? ns, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(api, ns, cancellationToken);
        }
        catch (ApiException refusal) when (refusal.IsForbidden && ns is null)
        {
            // Not everywhere, then; the usual place may be allowed.
        }
        catch (ApiException refusal) when (refusal.IsForbidden)
        {
            return new(null, "", null, TimeSpan.Zero, refusal.Message);
        }

        return await FindAsync(api, Cluster.SystemNamespace.Default, cancellationToken);
    }

    /// <summary>Whether a controller leads as far as one look can tell; the clocks of two machines are compared.</summary>
    public bool Leads(DateTimeOffset now) => IsController && RenewTime is { } renewed && now - renewed <= Duration;

    /// <summary>Whether the holder, alive or not, is a controller.</summary>
    public bool IsController => Holder.Length > 0 && Holder != LeaseHolders.Uninstall;

    /// <summary>In a sentence without its full stop.</summary>
    public string Describe(DateTimeOffset now) => this switch
    {
        { Hidden: { } why } => $"who leads is not known, since the Lease may not be read ({why.TrimEnd('.')})",
        { Lease: null } => "no controller leads: there is no Lease of Aviator",
        { Holder: LeaseHolders.Uninstall } => "no controller leads: an uninstall holds the Lease",
        { Holder: "" } => "no controller leads: the Lease was given up",
        _ when Leads(now) => $"{Holder} leads, renewed {Words.Age(RenewTime, now)} ago",
        _ => $"no controller leads: {Holder} renewed the Lease last {Words.Age(RenewTime, now) ?? "never"} ago",
    };

    private static async Task<Leader> ReadAsync(ApiConnection api, string? ns, CancellationToken cancellationToken)
    {
        var scope = new ResourceScope(ns, $"app.kubernetes.io/name={AviatorNames.Application}");
        var page = await new ResourceClient<LeaseWire>(api, LeaseApi.Kind, scope).ListAsync(20, null, cancellationToken);
        var found = page.Items.Select(item => new Leader(
                item.Key, item.Value.Spec?.HolderIdentity ?? "", Time(item.Value.Spec?.RenewTime),
                TimeSpan.FromSeconds(item.Value.Spec?.LeaseDurationSeconds ?? 0)))
            .OrderByDescending(leader => leader.RenewTime).FirstOrDefault();
        return found ?? new(null, "", null, TimeSpan.Zero);
    }

    private static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
