using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aviator.Controller.Readers;
using Aviator.Kubernetes;

namespace Aviator.Controller.Autoscaling;

/// <summary>What a caller wants to read, in the terms of RBAC.</summary>
/// <param name="Namespace">The namespace.</param>
/// <param name="Verb">The verb.</param>
/// <param name="Group">The API group.</param>
/// <param name="Resource">The resource.</param>
internal sealed record AccessTarget(string Namespace, string Verb, string Group, string Resource);

/// <summary>Asks the API server who a token is (TokenReview), and what a caller may read (SubjectAccessReview).</summary>
/// <param name="connection">The API server; its request time limit bounds the wait. Reviews change nothing: a standby asks too.</param>
/// <param name="options">The tokens' audience.</param>
/// <param name="time">The clock.</param>
internal sealed class AccessReviews(ApiConnection connection, AutoscalingOptions options, TimeProvider time)
{
    /// <summary>Limit of one review.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private const int Remembered = 1024;

    private const string TokenPath = "apis/authentication.k8s.io/v1/tokenreviews";
    private const string AccessPath = "apis/authorization.k8s.io/v1/subjectaccessreviews";

    private readonly ReviewMemory _tokens = new(Remembered, time), _rights = new(Remembered, time);

    /// <summary>Who a token is.</summary>
    /// <param name="token">The token; neither kept nor logged.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<Admission> IdentifyAsync(string token, CancellationToken cancellationToken) =>
        _tokens.GetAsync(Hash(token), () => AskAsync(TokenPath, TokenReview(token), Identify), cancellationToken);

    /// <summary>Whether a caller may read.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="target">What.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<Admission> MayReadAsync(Caller caller, AccessTarget target, CancellationToken cancellationToken)
    {
        var review = AccessReview(caller, target);
        return _rights.GetAsync(
            Hash(review.ToJsonString()), () => AskAsync(AccessPath, review, status => Judge(caller, target, status)), cancellationToken);
    }

    private async Task<Admission> AskAsync(string path, JsonObject review, Func<JsonElement, Admission> read)
    {
        try
        {
            using var answer = await connection.SendAsync(HttpMethod.Post, path, review);
            return read(answer.RootElement.Child("status"));
        }
        catch (ApiException refusal) when (refusal.IsForbidden)
        {
            return Admission.Unknown(
                "the API server does not let this controller check callers: grant its account 'create' on tokenreviews and "
                + "subjectaccessreviews (config/rbac/autoscaling/controller.yaml does)");
        }
        catch (ApiException refusal)
        {
            return Admission.Unknown($"the API server could not check the caller: {refusal.Message}");
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or TimeoutException or JsonException)
        {
            return Admission.Unknown("the API server, which checks callers, cannot be reached");
        }
    }

    private JsonObject TokenReview(string token)
    {
        var spec = new JsonObject { ["token"] = token };
        if (options.Audience is { Length: > 0 } audience) spec["audiences"] = new JsonArray(audience);
        return new() { ["apiVersion"] = "authentication.k8s.io/v1", ["kind"] = "TokenReview", ["spec"] = spec };
    }

    private static JsonObject AccessReview(Caller caller, AccessTarget target)
    {
        var extra = new JsonObject();
        foreach (var (key, values) in caller.Extra.OrderBy(pair => pair.Key, StringComparer.Ordinal)) extra[key] = List(values);
        return new()
        {
            ["apiVersion"] = "authorization.k8s.io/v1",
            ["kind"] = "SubjectAccessReview",
            ["spec"] = new JsonObject
            {
                ["user"] = caller.User,
                ["uid"] = caller.Uid ?? "",
                ["groups"] = List(caller.Groups),
                ["extra"] = extra,
                ["resourceAttributes"] = new JsonObject
                {
                    ["namespace"] = target.Namespace,
                    ["verb"] = target.Verb,
                    ["group"] = target.Group,
                    ["resource"] = target.Resource,
                },
            },
        };
    }

    private Admission Identify(JsonElement status)
    {
        if (status.Child("authenticated").ValueKind != JsonValueKind.True)
            return Invalid("the API server knows no valid token like this: it expired, was revoked, or was made for another audience");
        // An authenticator that knows nothing of audiences vouches for the API server's alone, and says so by leaving the list out.
        if (options.Audience is { Length: > 0 } audience && !status.Child("audiences").Texts().Contains(audience, StringComparer.Ordinal))
            return Invalid($"the token was not made for the audience {audience}");
        var user = status.Child("user");
        if (user.Text("username") is not { Length: > 0 } name) return Invalid("the API server named no user for the token");
        var extra = user.Child("extra") is { ValueKind: JsonValueKind.Object } given
            ? given.EnumerateObject().ToDictionary(pair => pair.Name, pair => (IReadOnlyList<string>)[.. pair.Value.Texts()])
            : [];
        return Admission.For(new(name, user.Text("uid"), [.. user.Child("groups").Texts()], extra));
    }

    private static Admission Judge(Caller caller, AccessTarget target, JsonElement status)
    {
        if (status.Child("allowed").ValueKind == JsonValueKind.True && status.Child("denied").ValueKind != JsonValueKind.True)
            return Admission.For(caller);
        return new(
            StatusCodes.Status403Forbidden,
            $"{caller.User} may not {target.Verb} {target.Resource} in API group {target.Group} in namespace {target.Namespace}", caller);
    }

    private static Admission Invalid(string reason) => new(StatusCodes.Status401Unauthorized, reason);

    private static JsonArray List(IEnumerable<string> values) => new([.. values.Select(value => (JsonNode)value)]);

    private static string Hash(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
