using System.Text.Encodings.Web;
using System.Text.Json;

namespace Aviator.Agent.Access;

/// <summary>Writes a refusal as JSON that a person can act on: <c>{"status":401,"reason":"…"}</c>.</summary>
internal static class RefusalJson
{
    /// <summary>Apostrophes stay as they are: the answer is never placed into HTML.</summary>
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the status code, the headers and the body.</summary>
    /// <param name="response">The response, of which nothing was written.</param>
    /// <param name="status">The status code.</param>
    /// <param name="reason">Why, as a sentence.</param>
    /// <param name="field">The field of the request that is wrong; empty for none.</param>
    public static async Task WriteAsync(HttpResponse response, int status, string reason, string field = "")
    {
        response.StatusCode = status;
        response.ContentType = "application/json; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        await using var json = new Utf8JsonWriter(response.BodyWriter, Readable);
        json.WriteStartObject();
        json.WriteNumber("status", status);
        if (field.Length > 0) json.WriteString("field", field);
        json.WriteString("reason", reason);
        json.WriteEndObject();
        await json.FlushAsync(response.HttpContext.RequestAborted);
    }
}
