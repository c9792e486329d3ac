using System.Text.Json;

namespace Aviator.Tests.AppHostCluster;

/// <summary>Where a Service leads: by its selector and its EndpointSlices.</summary>
/// <param name="IsSteered">Whether Aviator's key is in its selector.</param>
/// <param name="Own">The ready addresses in Aviator's slices; null without such slices.</param>
/// <param name="Default">The ready addresses in the slices of Kubernetes.</param>
internal sealed record SteeredService(bool IsSteered, IReadOnlySet<string>? Own, IReadOnlySet<string> Default)
{
    /// <summary>Whether it is as its user made it: nothing of Aviator's, and all four pods of the sample behind it.</summary>
    public bool IsHandedBack => !IsSteered && Own is null && Default.Count == 4;

    /// <summary>Reads kubectl's JSON.</summary>
    public static SteeredService Of(JsonElement service, JsonElement slices)
    {
        var own = slices.GetProperty("items").EnumerateArray().Where(IsOwn).ToList();
        return new(
            service.GetProperty("spec").GetProperty("selector").TryGetProperty("aviator.io/steered", out _),
            own.Count == 0 ? null : Ready(own),
            Ready(slices.GetProperty("items").EnumerateArray().Where(s => !IsOwn(s))));
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"steered {IsSteered}, own [{(Own is null ? "no slice" : string.Join(' ', Own))}], default [{string.Join(' ', Default)}]";

    private static bool IsOwn(JsonElement slice) =>
        slice.GetProperty("metadata").GetProperty("labels").GetProperty("endpointslice.kubernetes.io/managed-by")
            .GetString() == "aviator-controller";

    private static HashSet<string> Ready(IEnumerable<JsonElement> slices) =>
    [
        .. slices.Where(s => s.GetProperty("endpoints").ValueKind == JsonValueKind.Array)
        .SelectMany(s => s.GetProperty("endpoints").EnumerateArray())
            .Where(e => e.GetProperty("conditions").TryGetProperty("ready", out var ready) && ready.GetBoolean())
            .SelectMany(e => e.GetProperty("addresses").EnumerateArray().Select(a => a.GetString()!)),
    ];
}
