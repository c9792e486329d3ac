using System.Text.Encodings.Web;
using System.Text.Json;

namespace Aviator.Agent.Access;

/// <summary>Writes a refusal as JSON that a person can act on: <c>{"status":401,"reason":"…"}</c>.</summary>
internal static class RefusalJson
{
    /// <summary>Apostrophes stay as they are: the answer is never placed into HTML.</summary>
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the status code, the headers and the body.</summary>
    public static async Task WriteAsync(HttpResponse response, int status, string reason)
    {
        response.StatusCode = status;
        response.ContentType = "application/json; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        await using var json = new Utf8JsonWriter(response.BodyWriter, Readable);
        json.WriteStartObject();
        json.WriteNumber("status", status);
        json.WriteString("reason", reason);
        json.WriteEndObject();
        await json.FlushAsync(response.HttpContext.RequestAborted);
    }
}
