using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Aviator.Tests.Fixtures.ApiServer;

/// <summary>Answers each request as the test scripted it, in order, to force the faults that a real server shows once a month.</summary>
internal sealed class ScriptedAnswers : IApiRoutes
{
    private readonly ConcurrentQueue<Func<HttpContext, Task>> _script = new();
    private int _unscripted;

    /// <summary>Requests that came after the last scripted answer; they got 503.</summary>
    public int Unscripted => Volatile.Read(ref _unscripted);

    public ScriptedAnswers Then(Func<HttpContext, Task> answer)
    {
        _script.Enqueue(answer);
        return this;
    }

    public ScriptedAnswers List(string version, string? next, params (string Name, string Version)[] pods) => Then(context =>
    {
        var metadata = new JsonObject { ["resourceVersion"] = version };
        if (next is not null) metadata["continue"] = next;
        var items = new JsonArray([.. pods.Select(pod => Pod(pod.Name, pod.Version))]);
        return context.Response.WriteAsync(new JsonObject
        {
            ["kind"] = "PodList",
            ["metadata"] = metadata,
            ["items"] = items
        }.ToJsonString());
    });

    public ScriptedAnswers Status(int code, string reason) => Then(context =>
    {
        context.Response.StatusCode = code;
        return context.Response.WriteAsync(StatusObject(code, reason).ToJsonString());
    });

    /// <summary>
    /// A watch that sends these lines and ends without a word; <paramref name="hold"/> keeps it open until the client goes.
    /// </summary>
    public ScriptedAnswers Watch(bool hold, params string[] lines) => Then(async context =>
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
        new JsonObject
        {
            ["type"] = "BOOKMARK",
            ["object"] = new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = version } }
        }.ToJsonString() + "\n";

    public static string Error(int code, string reason) =>
        new JsonObject { ["type"] = "ERROR", ["object"] = StatusObject(code, reason) }.ToJsonString() + "\n";

    private static JsonObject Pod(string name, string version) =>
        new() { ["metadata"] = new JsonObject { ["namespace"] = "shop", ["name"] = name, ["resourceVersion"] = version } };

    private static JsonObject StatusObject(int code, string reason) =>
        new() { ["kind"] = "Status", ["status"] = "Failure", ["code"] = code, ["reason"] = reason, ["message"] = $"scripted {code}" };

    public async Task AnswerAsync(HttpContext context)
    {
        if (_script.TryDequeue(out var answer))
        {
            await answer(context);
            return;
        }

        Interlocked.Increment(ref _unscripted);
        context.Response.StatusCode = 503;
    }
}
