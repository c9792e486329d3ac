using System.Text.Json;
using System.Text.Json.Nodes;
using Aviator.Kubernetes;

namespace Aviator.Agent.Access;

/// <summary>Judges tokens.</summary>
internal interface ITokenReviewer
{
    /// <summary>
    /// Judges a token; <see cref="TokenStanding.Unknown"/> when the judge cannot be reached, never an exception of the network.
    /// </summary>
    Task<TokenVerdict> ReviewAsync(string token);
}

/// <summary>
/// Asks the API server, by a TokenReview: it knows whether the account still exists and the pod of a bound token still runs.
/// </summary>
/// <param name="connection">The API server; its request time limit bounds the wait.</param>
/// <param name="options">The audience and the users let in.</param>
internal sealed class TokenReviewer(ApiConnection connection, AccessOptions options) : ITokenReviewer
{
    /// <summary>Limit of one review; it holds up the first request of a new token.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private const string Path = "apis/authentication.k8s.io/v1/tokenreviews";

    private readonly HashSet<string> _users = new(options.AllowedUsers, StringComparer.Ordinal);

    /// <inheritdoc/>
    public async Task<TokenVerdict> ReviewAsync(string token)
    {
        try
        {
            using var answer = await connection.SendAsync(HttpMethod.Post, Path, Review(token));
            return Read(Child(answer.RootElement, "status"));
        }
        catch (ApiException refusal) when (refusal.IsForbidden)
        {
            return Unknown(
                "the API server does not let this agent check tokens: "
                + "grant its account 'create' on tokenreviews (config/rbac/agent.yaml does)");
        }
        catch (ApiException refusal) when ((int)refusal.Status is 400 or 413 or 422)
        {
            return new(TokenStanding.Invalid, null, "the API server takes it for no token at all");
        }
        catch (ApiException refusal)
        {
            return Unknown($"the API server could not check the token: {refusal.Message}");
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or TimeoutException or JsonException)
        {
            return Unknown("the API server, which checks tokens, cannot be reached");
        }
    }

    private JsonObject Review(string token) => new()
    {
        ["apiVersion"] = "authentication.k8s.io/v1",
        ["kind"] = "TokenReview",
        ["spec"] = new JsonObject { ["token"] = token, ["audiences"] = new JsonArray(options.Audience) },
    };

    private TokenVerdict Read(JsonElement status)
    {
        if (Child(status, "authenticated").ValueKind != JsonValueKind.True)
        {
            var reason = $"the API server knows no valid token like this for the audience {options.Audience}: "
                + "it expired, was revoked, or was made for another audience";
            return new(TokenStanding.Invalid, null, reason);
        }

        // A server, or an authenticator of it, that knows nothing of audiences vouches for its own alone and says so by leaving the list
        // out.
        var audiences = Child(status, "audiences");
        if (audiences.ValueKind != JsonValueKind.Array
            || !audiences.EnumerateArray().Any(audience => audience.ValueEquals(options.Audience)))
            return new(TokenStanding.Invalid, null, $"the token was not made for the audience {options.Audience}");

        var name = Child(Child(status, "user"), "username");
        if (name.ValueKind != JsonValueKind.String || name.GetString() is not { Length: > 0 } user)
            return new(TokenStanding.Invalid, null, "the API server named no user for the token");
        return _users.Contains(user)
            ? new(TokenStanding.Allowed, user, "")
            : new(TokenStanding.NotAllowed, user, $"{user} is not let in: add it to Agent:Access:Users if it should be");
    }

    private static JsonElement Child(JsonElement element, string property) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(property, out var value) ? value : default;

    private static TokenVerdict Unknown(string reason) => new(TokenStanding.Unknown, null, reason);
}
