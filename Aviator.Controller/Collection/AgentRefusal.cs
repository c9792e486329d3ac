using System.Net;
using System.Text;
using System.Text.Json;

namespace Aviator.Controller.Collection;

/// <summary>An agent gave no usable report.</summary>
internal class AgentUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// An agent does not let this controller in, or speaks for a node that is not its own: only a change of settings fixes that.
/// </summary>
internal sealed class AgentRefusedException(string message) : AgentUnavailableException(message);

/// <summary>Puts an answer that is no report into a sentence that says what to fix.</summary>
internal static class AgentRefusal
{
    /// <summary>Bytes of an answer that are read for its reason.</summary>
    private const int Longest = 2048;

    /// <summary>The exception for an answer whose status is none of success.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="withToken">Whether a token was sent.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<AgentUnavailableException> OfAsync(
        HttpResponseMessage response, bool withToken, CancellationToken cancellationToken)
    {
        var reason = await ReasonAsync(response, cancellationToken);
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized when withToken => new AgentRefusedException(
                $"it does not accept the token (401){reason}. " +
                "Aviator:AgentTokenFile must hold a token for the audience in the agent's Agent:Access:Audience"),
            HttpStatusCode.Unauthorized => new AgentRefusedException(
                $"it asks for a token (401){reason}. Name a file with a ServiceAccount token for its audience in Aviator:AgentTokenFile"),
            HttpStatusCode.Forbidden => new AgentRefusedException(
                $"it does not let this controller's account in (403){reason}. Name the account in the agent's Agent:Access:Users"),
            _ => new AgentUnavailableException($"it answered {(int)response.StatusCode}{reason}"),
        };
    }

    /// <summary>The agent's own words, after a colon; empty when it gave none.</summary>
    private static async Task<string> ReasonAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new byte[Longest];
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var length = await body.ReadAtLeastAsync(buffer, Longest, throwOnEndOfStream: false, cancellationToken);
        try
        {
            using var json = JsonDocument.Parse(Encoding.UTF8.GetString(buffer, 0, length));
            if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("reason", out var reason)) return "";
            return reason.ValueKind == JsonValueKind.String ? $": {reason.GetString()}" : "";
        }
        catch (JsonException)
        {
            return ""; // Not an agent's answer: the status says enough.
        }
    }
}
