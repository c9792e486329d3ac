using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using k8s;

namespace Aviator.Kubernetes;

/// <summary>One object as it came from the server.</summary>
/// <param name="Key">Its namespace and name.</param>
/// <param name="ResourceVersion">Its version.</param>
/// <param name="Value">The object.</param>
public sealed record ResourceItem<TObject>(ObjectKey Key, string ResourceVersion, TObject Value);

/// <summary>One page of a list.</summary>
/// <param name="Items">Its objects.</param>
/// <param name="ResourceVersion">The version of the whole list.</param>
/// <param name="Continue">The token of the next page; null on the last.</param>
public sealed record ResourcePage<TObject>(IReadOnlyList<ResourceItem<TObject>> Items, string ResourceVersion, string? Continue);

/// <summary>What a watch reports.</summary>
public enum WatchChange
{
    /// <summary>The object was added or modified.</summary>
    Upsert,

    /// <summary>The object was deleted, or no longer matches the selectors.</summary>
    Delete,

    /// <summary>No object: everything up to this resourceVersion has been sent.</summary>
    Bookmark,
}

/// <summary>One event of a watch.</summary>
/// <param name="Change">What happened.</param>
/// <param name="Key">Which object; empty for a bookmark.</param>
/// <param name="ResourceVersion">The version to resume from after this event.</param>
/// <param name="Value">The object; null for a bookmark.</param>
public sealed record ResourceEvent<TObject>(WatchChange Change, ObjectKey Key, string ResourceVersion, TObject? Value);

/// <summary>Lists and watches one kind, typed or custom, in one scope. The only place that speaks the watch protocol.</summary>
/// <typeparam name="TObject">Any type that the object's JSON can be read into; a narrow one saves memory.</typeparam>
/// <param name="connection">The API server.</param>
/// <param name="kind">The kind.</param>
/// <param name="scope">The namespace and the selectors.</param>
public sealed class ResourceClient<TObject>(ApiConnection connection, ResourceKind kind, ResourceScope scope)
    where TObject : class
{
    /// <summary>The kind that is read.</summary>
    public ResourceKind Kind => kind;

    /// <summary>Reads one page, consistent with the latest write.</summary>
    /// <param name="limit">Objects per page.</param>
    /// <param name="continueToken">The token of the page before; null for the first.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ApiException">The server refused; <see cref="ApiException.IsExpired"/> when the token is too old.</exception>
    public async Task<ResourcePage<TObject>> ListAsync(int limit, string? continueToken, CancellationToken cancellationToken)
    {
        var query = Selectors().Append("&limit=").Append(limit.ToString(CultureInfo.InvariantCulture));
        if (continueToken is not null) query.Append("&continue=").Append(Uri.EscapeDataString(continueToken));
        var path = $"{kind.Path(scope.Namespace)}?{query}";
        using var document = await connection.SendAsync(HttpMethod.Get, path, cancellationToken: cancellationToken).ConfigureAwait(false);
        var list = document.RootElement;
        var elements = list.Child("items");
        var items = elements.ValueKind == JsonValueKind.Array
            ? elements.EnumerateArray().Select(ToItem).ToList()
            : [];
        var next = list.Child("metadata").Text("continue");
        return new ResourcePage<TObject>(items, list.ResourceVersion(), next.Length == 0 ? null : next);
    }

    /// <summary>
    /// Streams what happened after <paramref name="resourceVersion"/>, bookmarks included, until the server ends the stream.
    /// </summary>
    /// <param name="resourceVersion">The version to start after.</param>
    /// <param name="serverTimeout">When the server is asked to end the stream.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <exception cref="ApiException">
    /// The server refused, or sent an error event; <see cref="ApiException.IsExpired"/> asks for a new list.
    /// </exception>
    /// <exception cref="IOException">The connection broke in the middle of an event.</exception>
    public async IAsyncEnumerable<ResourceEvent<TObject>> WatchAsync(
        string resourceVersion, TimeSpan serverTimeout, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = Selectors()
            .Append("&watch=true&allowWatchBookmarks=true&resourceVersion=").Append(Uri.EscapeDataString(resourceVersion))
            .Append("&timeoutSeconds=").Append(((int)serverTimeout.TotalSeconds).ToString(CultureInfo.InvariantCulture));
        var path = $"{kind.Path(scope.Namespace)}?{query}";
        using var response = await connection
            .OpenAsync(HttpMethod.Get, path, null, ApiConnection.Json, cancellationToken).ConfigureAwait(false);
        await using var content = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await foreach (var line in JsonLines.ReadAsync(content, cancellationToken).ConfigureAwait(false))
        {
            using (line)
                yield return Read(line.RootElement);
        }
    }

    private static ResourceItem<TObject> ToItem(JsonElement item) =>
        new(item.Key(), item.ResourceVersion(), KubernetesJson.Deserialize<TObject>(item));

    private static ResourceEvent<TObject> Read(JsonElement frame)
    {
        var type = frame.Text("type");
        var resource = frame.Child("object");
        return type switch
        {
            "ADDED" or "MODIFIED" => new(
                WatchChange.Upsert, resource.Key(), resource.ResourceVersion(), KubernetesJson.Deserialize<TObject>(resource)),
            "DELETED" => new(WatchChange.Delete, resource.Key(), resource.ResourceVersion(), KubernetesJson.Deserialize<TObject>(resource)),
            "BOOKMARK" => new(WatchChange.Bookmark, default, resource.ResourceVersion(), null),
            "ERROR" => throw resource.ToApiException(System.Net.HttpStatusCode.InternalServerError),
            _ => throw new InvalidDataException($"The watch of {typeof(TObject).Name} sent an unknown event type '{type}'."),
        };
    }

    private StringBuilder Selectors()
    {
        var query = new StringBuilder("pretty=false");
        if (scope.LabelSelector is { } labels) query.Append("&labelSelector=").Append(Uri.EscapeDataString(labels));
        if (scope.FieldSelector is { } fields) query.Append("&fieldSelector=").Append(Uri.EscapeDataString(fields));
        return query;
    }
}
