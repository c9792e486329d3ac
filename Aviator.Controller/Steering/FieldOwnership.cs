using System.Text.Json;
using System.Text.Json.Nodes;
using Aviator.Kubernetes;

namespace Aviator.Controller.Steering;

/// <summary>
/// Who owns the fields of a Service (server-side apply). Current servers have the selector as one field: who writes one key of it owns all
/// keys from then on, and the next apply of whoever wrote the Service conflicts. So what was written is given back once it is undone.
/// </summary>
internal static class FieldOwnership
{
    /// <summary>
    /// What <c>metadata.managedFields</c> must become for Aviator to own nothing; null when it owns nothing already, or when the entry is
    /// of an apply or of a subresource, which steering does not do.
    /// </summary>
    /// <param name="service">The Service as the server has it.</param>
    public static JsonArray? WithoutOurs(JsonElement service)
    {
        if (!service.GetProperty("metadata").TryGetProperty("managedFields", out var entries)) return null;
        var others = entries.EnumerateArray().Where(entry => !IsOurs(entry)).ToList();
        return others.Count == entries.GetArrayLength() ? null : [.. others.Select(entry => JsonNode.Parse(entry.GetRawText()))];
    }

    /// <summary>A JSON patch that puts the entries in place of what the server has at this version, and fails at any other.</summary>
    public static JsonArray Patch(string resourceVersion, JsonArray entries) =>
    [
        new JsonObject { ["op"] = "test", ["path"] = "/metadata/resourceVersion", ["value"] = resourceVersion },
        new JsonObject { ["op"] = "replace", ["path"] = "/metadata/managedFields", ["value"] = entries },
    ];

    private static bool IsOurs(JsonElement entry) => Text(entry, "manager") == AviatorNames.FieldManager
        && Text(entry, "operation") == "Update" && Text(entry, "subresource").Length == 0;

    private static string Text(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "";
}
