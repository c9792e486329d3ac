using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Aviator.Tests.Fixtures.ApiServer;

/// <summary>
/// Reviews tokens as the test says: slow, refusing, or like a server that knows no audiences. Any other request gets 404.
/// </summary>
internal sealed class TokenReviews : IApiRoutes
{
    private int _reviews;

    /// <summary>Valid tokens, with their users.</summary>
    public ConcurrentDictionary<string, string> Users { get; } = new();

    /// <summary>Whether it knows of audiences; one that does not leaves them out of its answer.</summary>
    public bool KnowsAudiences { get; set; } = true;

    /// <summary>The status of every answer instead of a review; 0 for none.</summary>
    public int Refusal { get; set; }

    /// <summary>Awaited before each answer.</summary>
    public Task Hold { get; set; } = Task.CompletedTask;

    /// <summary>Reviews asked for so far.</summary>
    public int Reviews => Volatile.Read(ref _reviews);

    public async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Method != HttpMethods.Post || context.Request.Path != "/apis/authentication.k8s.io/v1/tokenreviews")
        {
            context.Response.StatusCode = 404;
            return;
        }

        Interlocked.Increment(ref _reviews);
        var review = (await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted))!;
        await Hold.WaitAsync(context.RequestAborted);
        if (Refusal != 0)
        {
            context.Response.StatusCode = Refusal;
            await context.Response.WriteAsync($$"""{"kind":"Status","code":{{Refusal}},"reason":"Scripted","message":"not today"}""");
            return;
        }

        var status = new JsonObject();
        if (Users.TryGetValue((string)review["spec"]!["token"]!, out var user))
        {
            status["authenticated"] = true;
            status["user"] = new JsonObject { ["username"] = user };
            if (KnowsAudiences) status["audiences"] = review["spec"]!["audiences"]!.DeepClone();
        }
        else
        {
            status["error"] = "[invalid bearer token, square/go-jose: error in cryptographic primitive]";
        }

        review["status"] = status;
        context.Response.StatusCode = 201;
        await context.Response.WriteAsync(review.ToJsonString());
    }
}
