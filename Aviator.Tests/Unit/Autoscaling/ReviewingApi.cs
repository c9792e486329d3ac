using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Aviator.Tests.Fixtures.ApiServer;
using Microsoft.AspNetCore.Http;

namespace Aviator.Tests.Unit.Autoscaling;

/// <summary>An API server that says how its aggregator is known, who a token is, and who may read what; as the test says.</summary>
internal sealed class ReviewingApi : IApiRoutes
{
    private const string Endpoints = "/api/v1/namespaces/aviator-system/endpoints/aviator-autoscaling";

    private int _tokenReviews, _accessReviews;

    /// <summary>The data of extension-apiserver-authentication.</summary>
    public Dictionary<string, string> FrontProxy { get; } = [];

    /// <summary>Users by their token.</summary>
    public ConcurrentDictionary<string, string> Users { get; } = new();

    /// <summary>Who may what: "user verb group/resource namespace". A group stands for its users.</summary>
    public ConcurrentDictionary<string, bool> Rights { get; } = new();

    /// <summary>The status of every review instead of an answer; 0 for none.</summary>
    public int Refusal { get; set; }

    /// <summary>What was written to the Endpoints object.</summary>
    public ConcurrentQueue<string> Patches { get; } = new();

    /// <summary>The last SubjectAccessReview's spec.</summary>
    public JsonNode? LastAccess { get; private set; }

    public int TokenReviews => Volatile.Read(ref _tokenReviews);

    public int AccessReviews => Volatile.Read(ref _accessReviews);

    public async Task AnswerAsync(HttpContext context)
    {
        var body = context.Request.Method == HttpMethods.Get ? null : await JsonNode.ParseAsync(context.Request.Body);
        JsonNode? answer = context.Request.Path.Value switch
        {
            "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication" => ConfigMap(),
            "/apis/authentication.k8s.io/v1/tokenreviews" => Identify(body!),
            "/apis/authorization.k8s.io/v1/subjectaccessreviews" => Judge(body!),
            Endpoints when context.Request.Method == HttpMethods.Patch => Patched(body!),
            _ => null,
        };
        var refusal = answer is null ? 404 : context.Request.Method == HttpMethods.Post ? Refusal : 0;
        context.Response.StatusCode = refusal == 0 ? 200 : refusal;
        await context.Response.WriteAsync(refusal == 0
            ? answer!.ToJsonString()
            : $$"""{"kind":"Status","code":{{refusal}},"reason":"Scripted","message":"not today"}""");
    }

    private JsonObject ConfigMap() => new()
    {
        ["data"] = new JsonObject(FrontProxy.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
    };

    private JsonNode Identify(JsonNode review)
    {
        Interlocked.Increment(ref _tokenReviews);
        var known = Users.TryGetValue((string)review["spec"]!["token"]!, out var user);
        review["status"] = known
            ? new JsonObject
            {
                ["authenticated"] = true,
                ["user"] = new JsonObject { ["username"] = user, ["uid"] = "u1", ["groups"] = new JsonArray("system:authenticated") },
            }
            : new JsonObject { ["authenticated"] = false };
        return review;
    }

    private JsonNode Judge(JsonNode review)
    {
        Interlocked.Increment(ref _accessReviews);
        var (spec, wanted) = (LastAccess = review["spec"]!.DeepClone(), review["spec"]!["resourceAttributes"]!);
        var right = $"{wanted["verb"]} {wanted["group"]}/{wanted["resource"]} {wanted["namespace"]}";
        var allowed = spec["groups"]!.AsArray().Select(group => $"{group}").Append($"{spec["user"]}")
            .Any(subject => Rights.ContainsKey($"{subject} {right}"));
        review["status"] = new JsonObject { ["allowed"] = allowed };
        return review;
    }

    private JsonNode Patched(JsonNode patch)
    {
        Patches.Enqueue(patch.ToJsonString());
        return patch;
    }
}
