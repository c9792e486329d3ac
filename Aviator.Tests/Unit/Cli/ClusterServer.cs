using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Aviator.Tests.Fixtures.ApiServer;
using Microsoft.AspNetCore.Http;

namespace Aviator.Tests.Unit.Cli;

/// <summary>
/// An API server with a memory: objects by their path, lists with selectors, merge patches and deletions with resourceVersions, watches
/// that end at each change, so that their reader lists again. What it does not know answers 404, what a test forbids 403.
/// </summary>
internal sealed class ClusterServer : IApiRoutes
{
    private readonly SortedDictionary<string, JsonObject> _objects = new(StringComparer.Ordinal);
    private readonly HashSet<string> _kinds = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _version = 1;

    /// <summary>Parts of paths (after the method and a space) that are refused.</summary>
    public ConcurrentBag<string> Forbidden { get; } = [];

    /// <summary>Answers that are no objects, by path: /version, a group.</summary>
    public ConcurrentDictionary<string, Func<HttpContext, Task>> Special { get; } = new();

    /// <summary>Runs after each write, with the path of what was written: what other controllers do.</summary>
    public Action<string> Written { get; set; } = _ => { };

    /// <summary>Every request that changed something, as <c>METHOD path</c>, in order.</summary>
    public ConcurrentQueue<string> Writes { get; } = new();

    /// <summary>Makes a collection known without an object in it.</summary>
    public ClusterServer Kind(params ReadOnlySpan<string> collections)
    {
        foreach (var collection in collections) _kinds.Add(collection);
        return this;
    }

    /// <summary>Puts an object in its place, over what was there.</summary>
    /// <param name="collection">Such as <c>api/v1/namespaces/shop/pods</c>.</param>
    /// <param name="json">The object.</param>
    public ClusterServer Put(string collection, string json)
    {
        var item = JsonNode.Parse(json)!.AsObject();
        var parts = collection.Split('/');
        var metadata = item["metadata"]!.AsObject();
        if (parts.Contains("namespaces") && parts[^1] != "namespaces")
            metadata["namespace"] ??= parts[Array.IndexOf(parts, "namespaces") + 1];
        metadata["uid"] ??= $"uid-{metadata["name"]}";
        Store($"/{collection}/{metadata["name"]}", item);
        return this;
    }

    /// <summary>An object as it is now; null when it is not there.</summary>
    public JsonObject? Find(string path)
    {
        lock (_lock) return _objects.TryGetValue($"/{path}", out var found) ? found : null;
    }

    /// <summary>Takes an object away.</summary>
    public void Remove(string path)
    {
        lock (_lock) _objects.Remove($"/{path}");
        Changed();
    }

    public async Task AnswerAsync(HttpContext context)
    {
        var (request, path) = (context.Request, context.Request.Path.Value!);
        if (Forbidden.Any(part => $"{request.Method} {path}".Contains(part, StringComparison.Ordinal)))
            await StatusAsync(context, 403, "Forbidden", $"{path[1..]} is forbidden: User \"someone\" cannot do that");
        else if (Special.TryGetValue(path, out var special)) await special(context);
        else if (request.Method == "PATCH") await PatchAsync(context, path);
        else if (request.Method == "DELETE") await DeleteAsync(context, path);
        else if (request.Method == "POST") await CreateAsync(context, path);
        else if (request.Method == "PUT") await ReplaceAsync(context, path);
        else if (request.Query.ContainsKey("watch")) await WatchAsync(context);
        else if (Find(path[1..]) is { } found) await context.Response.WriteAsync(found.ToJsonString());
        else await ListAsync(context, path);
    }

    private async Task ListAsync(HttpContext context, string path)
    {
        var items = new JsonArray();
        lock (_lock)
        {
            var (plural, root) = (path[(path.LastIndexOf('/') + 1)..], path[..path.LastIndexOf('/')]);
            var isNamespaced = path.Contains("/namespaces/", StringComparison.Ordinal);
            foreach (var (at, item) in _objects)
            {
                var collection = at[..at.LastIndexOf('/')];
                var isIn = isNamespaced ? collection == path
                    : collection == path || (collection.StartsWith($"{root}/namespaces/", StringComparison.Ordinal)
                        && collection.EndsWith($"/{plural}", StringComparison.Ordinal));
                if (isIn && Selected(context.Request.Query, item)) items.Add(item.DeepClone());
            }
        }

        if (items.Count == 0 && !_kinds.Any(kind => path.EndsWith(kind[kind.LastIndexOf('/')..], StringComparison.Ordinal)))
        {
            await StatusAsync(context, 404, "NotFound", "the server could not find the requested resource");
            return;
        }

        var metadata = new JsonObject { ["resourceVersion"] = $"{Volatile.Read(ref _version)}" };
        var list = new JsonObject { ["metadata"] = metadata, ["items"] = items };
        await context.Response.WriteAsync(list.ToJsonString());
    }

    private async Task WatchAsync(HttpContext context)
    {
        var changed = _changed.Task;
        await context.Response.StartAsync();
        if (context.Request.Query["resourceVersion"] == $"{Volatile.Read(ref _version)}") await changed.WaitAsync(context.RequestAborted);
        await context.Response.WriteAsync(
            """{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}""" + "\n");
    }

    private async Task PatchAsync(HttpContext context, string path)
    {
        var patch = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
        if (Find(path[1..]) is not { } found)
        {
            await StatusAsync(context, 404, "NotFound", $"{path} not found");
            return;
        }

        if (patch["metadata"]?["resourceVersion"] is { } expected && (string?)expected != (string?)found["metadata"]!["resourceVersion"])
        {
            await StatusAsync(context, 409, "Conflict", "the object has been modified");
            return;
        }

        var merged = (JsonObject)found.DeepClone();
        Merge(merged, patch);
        await WriteAsync(context, "PATCH", path, merged);
    }

    private async Task ReplaceAsync(HttpContext context, string path) =>
        await WriteAsync(context, "PUT", path, (await JsonNode.ParseAsync(context.Request.Body))!.AsObject());

    private async Task CreateAsync(HttpContext context, string path)
    {
        var body = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
        body["metadata"]!["uid"] ??= $"uid-{body["metadata"]!["name"]}";
        await WriteAsync(context, "POST", $"{path}/{body["metadata"]!["name"]}", body);
    }

    private async Task DeleteAsync(HttpContext context, string path)
    {
        Writes.Enqueue($"DELETE {path}");
        bool isGone;
        lock (_lock) isGone = _objects.Remove(path);
        Changed();
        Written(path[1..]);
        if (isGone) await context.Response.WriteAsync("""{"kind":"Status","status":"Success"}""");
        else await StatusAsync(context, 404, "NotFound", $"{path} not found");
    }

    private async Task WriteAsync(HttpContext context, string method, string path, JsonObject item)
    {
        Writes.Enqueue($"{method} {path}");
        Store(path, item);
        var text = item.ToJsonString();
        Written(path[1..]);
        await context.Response.WriteAsync(text);
    }

    private void Store(string path, JsonObject item)
    {
        lock (_lock)
        {
            item["metadata"]!["resourceVersion"] = $"{_version + 1}";
            _objects[path] = item;
            _kinds.Add(path[..path.LastIndexOf('/')]);
        }

        Changed();
    }

    private void Changed()
    {
        Interlocked.Increment(ref _version);
        Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    private static bool Selected(IQueryCollection query, JsonObject item)
    {
        var labels = $"{query["labelSelector"]}".Split(',', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('='));
        if (!labels.All(pair => (string?)item["metadata"]!["labels"]?[pair[0]] == pair[^1])) return false;
        var fields = $"{query["fieldSelector"]}".Split(',', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('='));
        return fields.All(pair => pair[0].Split('.').Aggregate((JsonNode?)item, (node, name) => node?[name])?.ToString() == pair[^1]);
    }

    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null) target.Remove(name);
            else if (value is JsonObject child && target[name] is JsonObject inner) Merge(inner, child);
            else target[name] = value.DeepClone();
        }
    }

    private static Task StatusAsync(HttpContext context, int code, string reason, string message)
    {
        context.Response.StatusCode = code;
        return context.Response.WriteAsync(new JsonObject
        {
            ["kind"] = "Status",
            ["status"] = "Failure",
            ["code"] = code,
            ["reason"] = reason,
            ["message"] = message,
        }.ToJsonString());
    }
}
