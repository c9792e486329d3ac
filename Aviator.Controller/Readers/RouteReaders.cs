using System.Text.Json;

namespace Aviator.Controller.Readers;

/// <summary>
/// Routes from outside whose controllers send to pods by themselves. Those that read slices follow a selection; those that read Endpoints
/// find no pod. The object does not tell which.
/// </summary>
internal static class RouteReaders
{
    private const string Effect =
        "its controller may send to pods by itself; it follows the selection if it reads EndpointSlices, " +
        "and finds no pod if it reads Endpoints";

    /// <summary>An Ingress.</summary>
    public static Reader Ingress(ForeignObject ingress)
    {
        var named = ingress.Spec.Child("rules").Items()
            .SelectMany(rule => rule.Child("http", "paths").Items()).Select(path => path.Child("backend"))
            .Append(ingress.Spec.Child("defaultBackend"))
            .Select(backend => backend.Text("service", "name")).Where(name => name.Length > 0).ToHashSet(StringComparer.Ordinal);
        var given = ingress.Spec.Text("ingressClassName");
        return new(
            ReaderNames.Ingress,
            $"Ingress {ingress.Path}{(given.Length > 0 ? $" of class {given}" : "")}",
            Effect,
            service => service.Namespace == ingress.Namespace && named.Contains(service.Name))
        {
            MayCope = true,
        };
    }

    /// <summary>An HTTPRoute of the Gateway API.</summary>
    public static Reader HttpRoute(ForeignObject route)
    {
        var named = route.Spec.Child("rules").Items().SelectMany(rule => rule.Child("backendRefs").Items())
            .Where(IsService)
            .Select(backend => (backend.Text("namespace") is { Length: > 0 } ns ? ns : route.Namespace, backend.Text("name")))
            .ToHashSet();
        return new(
            ReaderNames.Gateway,
            $"HTTPRoute {route.Path}",
            Effect,
            service => named.Contains((service.Namespace, service.Name)))
        {
            MayCope = true,
        };
    }

    private static bool IsService(JsonElement backend) => backend.Text("kind") is "" or "Service" && backend.Text("group").Length == 0;
}
