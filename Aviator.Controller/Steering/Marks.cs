using Aviator.Controller.Cluster;
using Aviator.Kubernetes;

namespace Aviator.Controller.Steering;

/// <summary>What Aviator has left in the cluster, and which Service it belongs to. Pure reading of what is seen.</summary>
internal static class Marks
{
    /// <summary>
    /// Whether Aviator has left anything on a Service itself: the key in its selector, or slices. A twin is looked at under its Service's
    /// name.
    /// </summary>
    public static bool OnService(ClusterView cluster, ObjectKey service) =>
        cluster.Services.Find(service) is { IsKeyed: true, TwinOfName: null } ||
        cluster.SlicesOf(service).Any(slice => slice is { IsOwn: true, IsOfTwin: false });

    /// <summary>Whether a Service has a twin, or something is left of one.</summary>
    public static bool OfTwin(ClusterView cluster, ObjectKey service) =>
        cluster.TwinOf(service) is not null || cluster.SlicesOwnedBy(service).Any(slice => slice.IsOfTwin);

    /// <summary>The Services that have, or had, a twin of that name.</summary>
    public static IEnumerable<ObjectKey> SourcesOf(ClusterView cluster, ObjectKey twin)
    {
        var names = cluster.SlicesOf(twin).Where(slice => slice.IsOfTwin).Select(slice => slice.OwnerName);
        return names.Append(cluster.Services.Find(twin)?.TwinOfName).OfType<string>().Distinct(StringComparer.Ordinal)
            .Select(name => new ObjectKey(twin.Namespace, name));
    }
}
