using System.Text.Json;
using System.Text.Json.Nodes;

namespace Aviator.Agent.Interest;

/// <summary>Reads fields of plain JSON; what is missing or of another kind reads as nothing.</summary>
internal static class JsonFields
{
    /// <summary>The object of that name.</summary>
    public static JsonObject? At(this JsonObject? node, string name) => node?[name] as JsonObject;

    /// <summary>The objects of the array of that name.</summary>
    public static IEnumerable<JsonObject> List(this JsonObject? node, string name) =>
        (node?[name] as JsonArray)?.OfType<JsonObject>() ?? [];

    /// <summary>The texts of the object of that name, by their names.</summary>
    public static Dictionary<string, string> Map(this JsonObject? node, string name) =>
        (node.At(name) ?? []).Where(entry => entry.Value.Text() is not null)
            .ToDictionary(entry => entry.Key, entry => entry.Value.Text()!, StringComparer.Ordinal);

    /// <summary>The text of that name; numbers and truth values as JSON writes them.</summary>
    public static string? Text(this JsonObject? node, string name) => node?[name].Text();

    /// <summary>The node as a text; numbers and truth values as JSON writes them.</summary>
    public static string? Text(this JsonNode? node) => node?.GetValueKind() switch
    {
        JsonValueKind.String => node.GetValue<string>(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => node.ToJsonString(),
        _ => null,
    };
}
