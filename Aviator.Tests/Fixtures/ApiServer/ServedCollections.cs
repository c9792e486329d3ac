using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Aviator.Tests.Fixtures.ApiServer;

/// <summary>Collections by their plural, with a watch that ends at every change; a plural that the test did not name is unknown.</summary>
internal sealed class ServedCollections : IApiRoutes
{
    private readonly ConcurrentDictionary<string, JsonArray> _kinds = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _version = 1;

    /// <summary>From now on the collection holds these objects; every watch ends, so that its reader lists again.</summary>
    public void Set(string plural, params string[] objects)
    {
        _kinds[plural] = new JsonArray([.. objects.Select(text => JsonNode.Parse(text))]);
        Interlocked.Increment(ref _version);
        Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    public async Task AnswerAsync(HttpContext context)
    {
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
            await context.Response.WriteAsync(
                """{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}""" + "\n");
        }
        else
        {
            var list = new JsonObject
            {
                ["metadata"] = new JsonObject { ["resourceVersion"] = $"{version}" },
                ["items"] = objects.DeepClone()
            };
            await context.Response.WriteAsync(list.ToJsonString());
        }
    }
}
