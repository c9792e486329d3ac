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

    /// <summary>A connect to a pod's address is none to the ClusterIP: no kernel's table has it.</summary>
    private const string PastKernel =
        "its controller may open connections to pods by itself, past the nodes' kernels: these go to every ready pod, and spec.routing: " +
        "KernelAndService reaches them";

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
            PastKernel = PastKernel,
        };
    }

    /// <summary>A route of the Gateway API; all of its kinds name Services alike.</summary>
    /// <param name="kind">HTTPRoute, GRPCRoute, TLSRoute, TCPRoute or UDPRoute.</param>
    /// <param name="route">The route.</param>
    public static Reader Gateway(string kind, ForeignObject route)
    {
        var named = route.Spec.Child("rules").Items().SelectMany(rule => rule.Child("backendRefs").Items())
            .Where(IsService)
            .Select(backend => (backend.Text("namespace") is { Length: > 0 } ns ? ns : route.Namespace, backend.Text("name")))
            .ToHashSet();
        return new(
            ReaderNames.Gateway,
            $"{kind} {route.Path}{ControllersOf(route)}",
            Effect,
            service => named.Contains((service.Namespace, service.Name)))
        {
            MayCope = true,
            PastKernel = PastKernel,
        };
    }

    /// <summary>Who carries the route out, by their own word in its status; docs/gateways.md says what each reads.</summary>
    private static string ControllersOf(ForeignObject route)
    {
        var names = route.Body.Child("status", "parents").Items().Select(parent => parent.Text("controllerName"))
            .Where(name => name.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return names.Count == 0 ? "" : $" of {string.Join(", ", names)}";
    }

    private static bool IsService(JsonElement backend) => backend.Text("kind") is "" or "Service" && backend.Text("group").Length == 0;
}
