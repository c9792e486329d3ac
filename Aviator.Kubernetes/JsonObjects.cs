using System.Net;
using System.Text.Json;

namespace Aviator.Kubernetes;

/// <summary>The few fields that every Kubernetes object has, read from its JSON.</summary>
internal static class JsonObjects
{
    public static string Text(this JsonElement element, string property) =>
        element.Child(property) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : "";

    public static JsonElement Child(this JsonElement element, string property) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(property, out var value) ? value : default;

    public static ObjectKey Key(this JsonElement resource)
    {
        var metadata = resource.Child("metadata");
        return new ObjectKey(metadata.Text("namespace"), metadata.Text("name"));
    }

    public static string ResourceVersion(this JsonElement resource) => resource.Child("metadata").Text("resourceVersion");

    /// <summary>
    /// Reads a <c>Status</c> object; <paramref name="fallback"/> and <paramref name="wait"/> stand in when it carries no code, and not how
    /// long to wait.
    /// </summary>
    public static ApiException ToApiException(this JsonElement status, HttpStatusCode fallback, TimeSpan? wait = null)
    {
        var code = status.Child("code");
        var number = code.ValueKind == JsonValueKind.Number && code.TryGetInt32(out var value) ? (HttpStatusCode)value : fallback;
        var reason = status.Text("reason");
        var message = status.Text("message");
        var seconds = status.Child("details").Child("retryAfterSeconds");
        return new ApiException(number, reason.Length == 0 ? null : reason, message.Length == 0 ? $"HTTP {(int)number} {reason}" : message)
        {
            RetryAfter = seconds.ValueKind == JsonValueKind.Number && seconds.TryGetInt32(out var asked) && asked > 0
                ? TimeSpan.FromSeconds(asked)
                : wait,
        };
    }
}
