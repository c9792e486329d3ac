using System.Net;
using System.Text.Json.Nodes;
using Aviator.Agent.Interest;
using Aviator.Kubernetes;

namespace Aviator.Agent.Steering;

/// <summary>What the agent keeps of an EndpointSlice. Two are equal when they say the same.</summary>
/// <param name="Service">The Service that it is of.</param>
/// <param name="Ready">The addresses that may get new connections: ready, and not terminating.</param>
internal sealed record SliceView(ObjectKey Service, IReadOnlyList<IPAddress> Ready)
{
    /// <summary>
    /// Reads a slice; null for one of no Service, of names instead of addresses, and for Aviator's own, which repeat a decision instead of
    /// what Kubernetes sees.
    /// </summary>
    public static SliceView? Read(ResourceItem<JsonObject> item)
    {
        var labels = item.Value.At("metadata").Map("labels");
        if (labels.GetValueOrDefault(SliceLabels.ServiceName) is not { Length: > 0 } service) return null;
        if (labels.GetValueOrDefault(SliceLabels.ManagedBy) == AviatorNames.SliceManager) return null;
        if (item.Value.Text("addressType") == "FQDN") return null;
        var addresses = item.Value.List("endpoints").Where(IsReady).SelectMany(Addresses)
            .Select(text => IPAddress.TryParse(text, out var address) ? address : null).OfType<IPAddress>();
        return new(new(item.Key.Namespace, service), [.. addresses]);
    }

    /// <inheritdoc/>
    public bool Equals(SliceView? other) => other is not null && Service == other.Service && Ready.SequenceEqual(other.Ready);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Service, Ready.Count);

    /// <summary>An endpoint without conditions is ready: so the API says.</summary>
    private static bool IsReady(JsonObject endpoint)
    {
        var conditions = endpoint.At("conditions");
        return conditions.Text("ready") != "false" && conditions.Text("terminating") != "true";
    }

    private static IEnumerable<string> Addresses(JsonObject endpoint) =>
        (endpoint["addresses"] as JsonArray ?? []).Select(address => address.Text()).OfType<string>();
}
