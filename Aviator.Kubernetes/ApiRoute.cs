namespace Aviator.Kubernetes;

/// <summary>
/// What a path of the API server names, without the names of namespaces and objects, so that it has few different values. Pure.
/// </summary>
/// <param name="Resource">
/// The resource, such as <c>endpointslices</c> or <c>aviatorpolicies/status</c>; of other paths the path itself.
/// </param>
/// <param name="Template">The path with placeholders: <c>/api/v1/namespaces/{namespace}/pods/{name}</c>.</param>
internal readonly record struct ApiRoute(string Resource, string Template)
{
    /// <summary>Reads a path.</summary>
    /// <param name="path">Path and query, without a leading slash.</param>
    public static ApiRoute Parse(string path)
    {
        var query = path.IndexOf('?', StringComparison.Ordinal);
        var parts = (query < 0 ? path : path[..query]).Split('/');

        // api/VERSION/… of the core group, apis/GROUP/VERSION/… of all others.
        var at = parts[0] switch { "api" => 2, "apis" => 3, _ => parts.Length };
        if (at < parts.Length - 2 && parts[at] == "namespaces")
        {
            parts[at + 1] = "{namespace}";
            at += 2;
        }

        if (at < parts.Length - 1) parts[at + 1] = "{name}";
        var template = $"/{string.Join('/', parts)}";
        if (at >= parts.Length) return new(template, template);
        return new(at + 2 < parts.Length ? $"{parts[at]}/{parts[at + 2]}" : parts[at], template);
    }
}
