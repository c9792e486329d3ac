using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Aviator.Kubernetes;
using k8s;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aviator.Tests.Unit.Kubernetes;

/// <summary>A server on loopback that answers each request as the test scripted it, to force the faults that a real one shows once a month.</summary>
internal sealed class FaultyApiServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Func<HttpContext, Task>> _script = new();

    private FaultyApiServer(WebApplication app) => _app = app;

    public ConcurrentQueue<string> Requests { get; } = new();

    public int Unscripted;

    public static async Task<FaultyApiServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(100));
        var app = builder.Build();
        var server = new FaultyApiServer(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        return server;
    }

    public ApiConnection Connect(TimeProvider? time = null) =>
        new(new k8s.Kubernetes(new KubernetesClientConfiguration { Host = _app.Urls.First() }), time ?? TimeProvider.System);

    public FaultyApiServer Then(Func<HttpContext, Task> answer)
    {
        _script.Enqueue(answer);
        return this;
    }

    public FaultyApiServer List(string version, string? next, params (string Name, string Version)[] pods) => Then(context =>
    {
        var metadata = new JsonObject { ["resourceVersion"] = version };
        if (next is not null) metadata["continue"] = next;
        var items = new JsonArray([.. pods.Select(pod => Pod(pod.Name, pod.Version))]);
        return context.Response.WriteAsync(new JsonObject { ["kind"] = "PodList", ["metadata"] = metadata, ["items"] = items }.ToJsonString());
    });

    public FaultyApiServer Status(int code, string reason) => Then(context =>
    {
        context.Response.StatusCode = code;
        return context.Response.WriteAsync(StatusObject(code, reason).ToJsonString());
    });

    /// <summary>A watch that sends these lines and ends without a word; <paramref name="hold"/> keeps it open until the client goes.</summary>
    public FaultyApiServer Watch(bool hold, params string[] lines) => Then(async context =>
    {
        await context.Response.StartAsync();
        foreach (var line in lines) await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(line));
        await context.Response.Body.FlushAsync();
        if (!hold) return;
        try
        {
            await Task.Delay(TimeSpan.FromMinutes(1), context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // The client went: that is the end of a held watch.
        }
    });

    public static string Event(string type, string name, string version) =>
        new JsonObject { ["type"] = type, ["object"] = Pod(name, version) }.ToJsonString() + "\n";

    public static string Bookmark(string version) =>
        new JsonObject { ["type"] = "BOOKMARK", ["object"] = new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = version } } }.ToJsonString() + "\n";

    public static string Error(int code, string reason) =>
        new JsonObject { ["type"] = "ERROR", ["object"] = StatusObject(code, reason) }.ToJsonString() + "\n";

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static JsonObject Pod(string name, string version) =>
        new() { ["metadata"] = new JsonObject { ["namespace"] = "shop", ["name"] = name, ["resourceVersion"] = version } };

    private static JsonObject StatusObject(int code, string reason) =>
        new() { ["kind"] = "Status", ["status"] = "Failure", ["code"] = code, ["reason"] = reason, ["message"] = $"scripted {code}" };

    private async Task AnswerAsync(HttpContext context)
    {
        Requests.Enqueue(context.Request.Path + context.Request.QueryString);
        if (_script.TryDequeue(out var answer))
        {
            await answer(context);
            return;
        }

        Interlocked.Increment(ref Unscripted);
        context.Response.StatusCode = 503;
    }
}
