using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Aviator.Kubernetes;
using k8s;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aviator.Tests.Unit.Agent;

/// <summary>An API server with three kinds, one of which it may not know, that can go away: what a real one does only on a bad day.</summary>
internal sealed class SmallApiServer : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, JsonArray> _kinds = new();
    private readonly WebApplication _app;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _version = 1;

    private SmallApiServer(WebApplication app) => _app = app;

    public ConcurrentQueue<string> Requests { get; } = new();

    public static async Task<SmallApiServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(100));
        var app = builder.Build();
        var server = new SmallApiServer(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        return server;
    }

    public ApiConnection Connect() => new(new k8s.Kubernetes(new KubernetesClientConfiguration { Host = _app.Urls.First() }), TimeProvider.System);

    /// <summary>From now on the collection holds these objects; every watch ends, so that its reader lists anew.</summary>
    public void Set(string plural, params string[] objects)
    {
        _kinds[plural] = new JsonArray([.. objects.Select(text => JsonNode.Parse(text))]);
        Interlocked.Increment(ref _version);
        Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        Requests.Enqueue(context.Request.Path + context.Request.QueryString);
        var changed = _changed.Task;
        var version = Volatile.Read(ref _version);
        if (!_kinds.TryGetValue(context.Request.Path.Value!.Split('/')[^1], out var objects))
        {
            context.Response.StatusCode = 404;
            await context.Response.WriteAsync("404 page not found");
        }
        else if (context.Request.Query.ContainsKey("watch"))
        {
            await context.Response.StartAsync();
            if (context.Request.Query["resourceVersion"] == $"{version}") await changed.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("""{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}""" + "\n");
        }
        else
        {
            await context.Response.WriteAsync(new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = $"{version}" }, ["items"] = objects.DeepClone() }.ToJsonString());
        }
    }
}
