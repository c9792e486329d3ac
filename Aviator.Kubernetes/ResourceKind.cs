namespace Aviator.Kubernetes;

/// <summary>A kind of object as the API server's paths name it; built-in and custom resources alike.</summary>
/// <param name="Group">The API group; empty for the core group.</param>
/// <param name="Version">The version, such as <c>v1</c>.</param>
/// <param name="Plural">The plural resource name, such as <c>endpointslices</c>.</param>
/// <param name="Namespaced">Whether its objects live in namespaces.</param>
public sealed record ResourceKind(string Group, string Version, string Plural, bool Namespaced = true)
{
    /// <summary>core/v1 pods.</summary>
    public static ResourceKind Pods { get; } = new("", "v1", "pods");

    /// <summary>core/v1 services.</summary>
    public static ResourceKind Services { get; } = new("", "v1", "services");

    /// <summary>discovery.k8s.io/v1 endpointslices; servers before 1.21 have them as v1beta1.</summary>
    public static ResourceKind EndpointSlices { get; } = new("discovery.k8s.io", "v1", "endpointslices");

    /// <summary>core/v1 nodes.</summary>
    public static ResourceKind Nodes { get; } = new("", "v1", "nodes", Namespaced: false);

    /// <summary>core/v1 namespaces.</summary>
    public static ResourceKind Namespaces { get; } = new("", "v1", "namespaces", Namespaced: false);

    /// <summary>
    /// The path of the collection, without a leading slash; of all namespaces when <paramref name="ns"/> is null or empty.
    /// </summary>
    public string Path(string? ns = null)
    {
        var root = Group.Length == 0 ? $"api/{Version}" : $"apis/{Group}/{Version}";
        return Namespaced && !string.IsNullOrEmpty(ns) ? $"{root}/namespaces/{Uri.EscapeDataString(ns)}/{Plural}" : $"{root}/{Plural}";
    }

    /// <summary>The path of one object, without a leading slash.</summary>
    public string Path(ObjectKey key) => $"{Path(key.Namespace)}/{Uri.EscapeDataString(key.Name)}";
}

/// <summary>Which objects of a kind are meant.</summary>
/// <param name="Namespace">One namespace; null means all.</param>
/// <param name="LabelSelector">A label selector in the server's syntax; null means any.</param>
/// <param name="FieldSelector">A field selector in the server's syntax, such as <c>spec.nodeName=a</c>; null means any.</param>
public sealed record ResourceScope(string? Namespace = null, string? LabelSelector = null, string? FieldSelector = null)
{
    /// <summary>All objects of the kind.</summary>
    public static ResourceScope All { get; } = new();
}
