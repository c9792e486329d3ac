using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using k8s;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aviator.Tests.Unit.Access;

/// <summary>An API server that reviews tokens as the test says, on loopback: slow, refusing, away, or of an older kind, which a real one is only on a bad day.</summary>
internal sealed class TokenServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _reviews;

    private TokenServer(WebApplication app) => _app = app;

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

    public k8s.Kubernetes Client => new(new KubernetesClientConfiguration { Host = _app.Urls.First() });

    public static async Task<TokenServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(100));
        var app = builder.Build();
        var server = new TokenServer(app);
        app.MapPost("/apis/authentication.k8s.io/v1/tokenreviews", server.ReviewAsync);
        await app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task ReviewAsync(HttpContext context)
    {
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
