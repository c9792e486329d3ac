using System.Text.Json;
using Aviator.Kubernetes;

namespace Aviator.Tests.Tooling.Kubernetes;

/// <summary>What decides where a Service's traffic goes: its selector and its EndpointSlices.</summary>
/// <param name="Selector">The selector's keys and values.</param>
/// <param name="Slices">All its slices, of any manager.</param>
internal sealed record ObservedService(IReadOnlyDictionary<string, string> Selector, IReadOnlyList<SliceShape> Slices)
{
    /// <summary>The slices of Aviator.</summary>
    public IEnumerable<SliceShape> Own => Slices.Where(s => s.ManagedBy == AviatorNames.SliceManager);

    /// <summary>All other slices: those of Kubernetes.</summary>
    public IEnumerable<SliceShape> Default => Slices.Where(s => s.ManagedBy != AviatorNames.SliceManager);

    /// <summary>Whether Kubernetes itself publishes nothing because Aviator does.</summary>
    public bool IsSteered => Selector.ContainsKey(AviatorNames.SteeredKey) && !Default.Any(s => s.Endpoints.Count > 0);

    /// <summary>The addresses that Aviator publishes as ready.</summary>
    public IReadOnlySet<string> OwnReady => Own.SelectMany(s => s.Ready).ToHashSet();

    /// <summary>The addresses that kube-proxy may send to, by any publisher.</summary>
    public IReadOnlySet<string> Ready => Slices.SelectMany(s => s.Ready).ToHashSet();

    /// <summary>
    /// All that must be equal when a Service is "as before": the selector, and every published address with its state and ports, without
    /// names of slices.
    /// </summary>
    public string Describe() => string.Join('\n',
    [
        "selector " + string.Join(',', Selector.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={p.Value}")),
        .. Slices.Where(s => s.Endpoints.Count > 0)
            .SelectMany(s => s.Endpoints.Select(e => $"{s.ManagedBy} {e.Address} ready={e.Ready} ports={s.Ports}"))
            .Order(StringComparer.Ordinal),
    ]);

    /// <summary>Reads the API's JSON.</summary>
    public static ObservedService Of(JsonElement service, IEnumerable<JsonElement> slices)
    {
        var spec = service.GetProperty("spec");
        var selector = spec.TryGetProperty("selector", out var s) ? s.EnumerateObject()
            .ToDictionary(p => p.Name, p => p.Value.GetString()!) : [];
        return new ObservedService(selector, [.. slices.Select(SliceShape.Of)]);
    }
}

/// <summary>One EndpointSlice.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ManagedBy">Who manages it, by its label.</param>
/// <param name="Owner">Kind of its owner; null without one.</param>
/// <param name="ResourceVersion">Changes with every write.</param>
/// <param name="Ports">Its ports as text.</param>
/// <param name="Endpoints">Its endpoints.</param>
internal sealed record SliceShape(string Name, string ManagedBy, string? Owner, string ResourceVersion, string Ports,
    IReadOnlyList<EndpointShape> Endpoints)
{
    /// <summary>The addresses in it that are ready.</summary>
    public IEnumerable<string> Ready => Endpoints.Where(e => e.Ready).Select(e => e.Address);

    /// <summary>Reads the API's JSON.</summary>
    public static SliceShape Of(JsonElement slice)
    {
        var meta = slice.GetProperty("metadata");
        var managedBy = meta.GetProperty("labels").TryGetProperty("endpointslice.kubernetes.io/managed-by", out var label)
            ? label.GetString()! : "";
        var owner = meta.TryGetProperty("ownerReferences", out var owners) &&
            owners.GetArrayLength() > 0 ? owners[0].GetProperty("kind").GetString() : null;
        var ports = Items(slice, "ports").Select(p => $"{Text(p, "name")}:{Text(p, "port")}/{Text(p, "protocol")}")
            .Order(StringComparer.Ordinal);
        return new SliceShape(
            meta.GetProperty("name").GetString()!, managedBy, owner, meta.GetProperty("resourceVersion").GetString()!,
                string.Join(',', ports),
            [.. Items(slice, "endpoints").SelectMany(EndpointShape.Of)]);
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement of, string name) =>
        of.TryGetProperty(name, out var items) && items.ValueKind == JsonValueKind.Array ? items.EnumerateArray() : default;

    private static string Text(JsonElement of, string name) => of.TryGetProperty(name, out var value) ? value.ToString() : "";
}

/// <summary>One address of a slice. A condition that is not given counts as true, as consumers must take it.</summary>
/// <param name="Address">IP address.</param>
/// <param name="Ready">Condition ready.</param>
/// <param name="Serving">Condition serving; null where it is not given.</param>
/// <param name="Terminating">Condition terminating.</param>
internal sealed record EndpointShape(string Address, bool Ready, bool? Serving, bool Terminating)
{
    /// <summary>Reads the API's JSON: one for each address.</summary>
    public static IEnumerable<EndpointShape> Of(JsonElement endpoint)
    {
        var conditions = endpoint.TryGetProperty("conditions", out var given) ? given : default;
        return endpoint.GetProperty("addresses").EnumerateArray().Select(address => new EndpointShape(
            address.GetString()!, Condition(conditions, "ready") ?? true, Condition(conditions, "serving"),
                Condition(conditions, "terminating") ?? false));
    }

    private static bool? Condition(JsonElement conditions, string name) =>
        conditions.ValueKind == JsonValueKind.Object && conditions.TryGetProperty(name, out var value) &&
            value.ValueKind != JsonValueKind.Null ? value.GetBoolean() : null;
}
