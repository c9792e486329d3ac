using Aviator.Controller.Cluster;
using Aviator.Core.Slices;
using Aviator.Kubernetes;

namespace Aviator.Controller.Steering;

/// <summary>What slices are published under: the Service that a datapath is asked for, or its twin.</summary>
/// <param name="cluster">What is seen.</param>
internal abstract class SliceTarget(ClusterView cluster)
{
    /// <summary>What is seen.</summary>
    protected ClusterView Cluster { get; } = cluster;

    /// <summary>The Service that the slices name.</summary>
    /// <param name="service">The Service that is asked for.</param>
    public abstract ObjectKey NameOf(ObjectKey service);

    /// <summary>All that steering looks at.</summary>
    /// <inheritdoc cref="NameOf"/>
    public abstract SteeringView Look(ObjectKey service);

    /// <summary>
    /// UID and version, as seen, of what was written for a Service: a slice, or the Service itself; null when it is not there.
    /// </summary>
    /// <param name="service">The Service that is asked for.</param>
    /// <param name="name">The object that was written.</param>
    public (string Uid, string Version)? Seen(ObjectKey service, ObjectKey name)
    {
        if (name == NameOf(service)) return Cluster.Services.Find(name) is { } found ? (found.Uid, found.ResourceVersion) : null;
        return Cluster.Slices.Find(name) is { } slice ? (slice.Uid, slice.ResourceVersion) : null;
    }
}

/// <summary>Slices of the Service itself.</summary>
/// <param name="cluster">What is seen.</param>
internal sealed class ServiceTarget(ClusterView cluster) : SliceTarget(cluster)
{
    /// <inheritdoc/>
    public override ObjectKey NameOf(ObjectKey service) => service;

    /// <inheritdoc/>
    public override SteeringView Look(ObjectKey service) => Cluster.Look(service);
}

/// <summary>Slices of the Service's twin.</summary>
/// <param name="cluster">What is seen.</param>
internal sealed class TwinTarget(ClusterView cluster) : SliceTarget(cluster)
{
    /// <inheritdoc/>
    public override ObjectKey NameOf(ObjectKey service) => new(service.Namespace, TwinNames.ForService(service.Name));

    /// <inheritdoc/>
    public override SteeringView Look(ObjectKey service) => Cluster.LookAtTwin(service);
}
