using System.Globalization;
using System.Text.Json.Serialization;
using Aviator.Controller.Cluster;

namespace Aviator.Controller.Leadership;

/// <summary>
/// What a Lease says. Its times are kept as text: they are other nodes' wall clocks, of which only a change means anything.
/// </summary>
/// <param name="Holder">Who holds it; empty when it was given up.</param>
/// <param name="Duration">How long after its last change others must leave it alone, as its holder declared.</param>
/// <param name="AcquireTime">When its holder took it, by that one's clock.</param>
/// <param name="RenewTime">When its holder renewed it last, by that one's clock.</param>
/// <param name="Term">The number of the present term: grows each time it changes hands.</param>
internal sealed record LeaseSpec(string Holder, TimeSpan Duration, string AcquireTime, string RenewTime, long Term)
{
    /// <summary>Whether it has a holder, alive or gone without giving it up.</summary>
    public bool IsHeld => Holder.Length > 0;

    /// <summary>Whether an uninstall holds it: no controller may steer again.</summary>
    public bool IsUninstall => Holder == LeaseHolders.Uninstall;

    /// <summary>
    /// The number of the term that follows on <paramref name="last"/>: higher than that, and not below <see cref="FirstTerm"/>, for state
    /// may have been stored since by a controller without election.
    /// </summary>
    public static long NextTerm(long last, DateTimeOffset now) => Math.Max(last + 1, FirstTerm(now));

    /// <summary>
    /// Where counting begins: minutes since 2020. A Lease that was deleted and created again must not count from 1, nor a controller
    /// without one, because stored state of higher terms would refuse them; terms change hands far less than once a minute, so this is
    /// above all that were before.
    /// </summary>
    public static long FirstTerm(DateTimeOffset now) =>
        Math.Max(0, (long)(now - new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero)).TotalMinutes);

    /// <summary>Writes a time as the API wants it: microseconds and UTC.</summary>
    public static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}

/// <summary>A Lease at one version.</summary>
internal sealed record Lease(string Uid, string ResourceVersion, LeaseSpec Spec)
{
    /// <summary>Reads what the server sent; a field that is missing counts as one never written.</summary>
    public static Lease Read(LeaseWire wire) => new(
        wire.Metadata.Uid ?? "",
        wire.Metadata.ResourceVersion ?? "",
        new(
            wire.Spec?.HolderIdentity ?? "",
            TimeSpan.FromSeconds(wire.Spec?.LeaseDurationSeconds ?? 0),
            wire.Spec?.AcquireTime ?? "",
            wire.Spec?.RenewTime ?? "",
            wire.Spec?.LeaseTransitions ?? 0));
}

/// <summary>Holders with a special meaning.</summary>
internal static class LeaseHolders
{
    /// <summary>Holds the Lease during and after an uninstall, so that no controller steers what was released.</summary>
    public const string Uninstall = "uninstall";
}

/// <summary>A Lease of coordination.k8s.io/v1 on the wire.</summary>
internal sealed record LeaseWire
{
    [JsonPropertyName("metadata")] public MetadataWire Metadata { get; init; } = new();

    [JsonPropertyName("spec")] public LeaseSpecWire? Spec { get; init; }
}

/// <summary>Its spec.</summary>
internal sealed record LeaseSpecWire
{
    [JsonPropertyName("holderIdentity")] public string? HolderIdentity { get; init; }

    [JsonPropertyName("leaseDurationSeconds")] public int? LeaseDurationSeconds { get; init; }

    [JsonPropertyName("acquireTime")] public string? AcquireTime { get; init; }

    [JsonPropertyName("renewTime")] public string? RenewTime { get; init; }

    [JsonPropertyName("leaseTransitions")] public int? LeaseTransitions { get; init; }
}
