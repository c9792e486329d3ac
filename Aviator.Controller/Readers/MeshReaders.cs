using Aviator.Core.Slices;
using Aviator.Kubernetes;

namespace Aviator.Controller.Readers;

/// <summary>
/// Service meshes. Istio's ambient mode reads every Service of the cluster: the ztunnel of a client's node looks a Service up whatever
/// namespace it is in, and finds its pods by its selector, not by slices.
/// </summary>
internal static class MeshReaders
{
    private const string Redirection = "Istio ambient redirection";

    private const string NoPod =
        "the ztunnel of a client in the ambient mesh finds a Service's pods by its selector, and none while the key is in it: these " +
        "clients would be refused";

    /// <summary>A sidecar in one of the Service's pods.</summary>
    /// <param name="sidecar">Which one, and where.</param>
    /// <param name="effect">What it would suffer.</param>
    public static Reader Sidecar(string sidecar, string effect) =>
        new(ReaderNames.Mesh, sidecar, effect, _ => true) { MattersToKernel = true };

    /// <summary>A pod of the Service that is in the ambient mesh.</summary>
    public static Reader AmbientPod(string pod) => Ambient($"{Redirection} of pod {pod}");

    /// <summary>Pods of any namespace that are in the ambient mesh: each may be a client of the Service.</summary>
    public static Reader AmbientClients(string ns) => Ambient($"{Redirection} of pods in namespace {ns}");

    /// <summary>A namespace whose pods are in the ambient mesh, those to come included.</summary>
    public static Reader AmbientNamespace(ForeignObject ns) => Ambient($"namespace {ns.Name} ({Meshes.IstioMode}: ambient)");

    /// <summary>A namespace whose Services are reached through a waypoint; a Service may say that it is not.</summary>
    public static Reader NamespaceWaypoint(ForeignObject ns)
    {
        var waypoint = ns.Body.Child("metadata", "labels").Text(Meshes.IstioWaypoint);
        return Waypoint(
            $"namespace {ns.Name}", waypoint,
            service => service.Namespace == ns.Name && waypoint is not ("" or "none") && service.Labels.Get(Meshes.IstioWaypoint) is null);
    }

    /// <summary>The waypoint that a Service names by itself; null without one.</summary>
    public static Reader? ServiceWaypoint(ServiceShape service) =>
        service.Labels.Get(Meshes.IstioWaypoint) is { } waypoint and not ("" or "none")
            ? Waypoint($"Service {service.Name}", waypoint, _ => true)
            : null;

    /// <summary>A waypoint that may be there: the labels of namespaces cannot be read.</summary>
    public static Reader UnseenWaypoint(string pod) => new(
        ReaderNames.Mesh,
        $"{Redirection} of pod {pod}",
        "whether the namespace has a waypoint cannot be known without the right to list namespaces, and connections to pods' addresses " +
        $"would leave its rules (label {Meshes.IstioWaypoint}: none on the Service says that it has none)",
        _ => true)
    { MattersToKernel = true };

    private static Reader Ambient(string who) => new(ReaderNames.Mesh, who, NoPod, _ => true);

    private static Reader Waypoint(string where, string waypoint, Func<ServiceShape, bool> reads) => new(
        ReaderNames.Mesh,
        $"waypoint {waypoint} of {where}",
        "it is bound to the Service's address: it balances by itself, and connections to pods' addresses leave its rules",
        reads)
    { MattersToKernel = true };
}
