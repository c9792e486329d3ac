using Aviator.Core.Slices;

namespace Aviator.Tests.Kit.Slices;

/// <summary>The slices that Kubernetes' own controller writes for a Service that nobody touches.</summary>
internal static class DefaultSlices
{
    /// <summary>One slice for each family and set of port numbers, without hints.</summary>
    public static IReadOnlyList<Slice> Of(ServiceShape service, IEnumerable<PodShape> pods) =>
        [.. Membership.Resolve(service, pods, World.Zone).Select((subset, at) => new Slice
        {
            Namespace = service.Namespace,
            Name = $"{service.Name}-default-{at}",
            Uid = $"uid-default-{at}",
            ResourceVersion = "1",
            ServiceName = service.Name,
            ManagedBy = "endpointslice-controller.k8s.io",
            OwnerUid = service.Uid,
            Family = subset.Family,
            Ports = subset.Ports,
            Endpoints = SliceRows.Build(subset, subset.Endpoints.Select(member => member.Key).ToHashSet(), hints: default,
                SliceRows.PlainMembership).ToValueList(),
        })];

    /// <summary>The same slices with the hints that a test gives each row.</summary>
    public static IReadOnlyList<Slice> Hinted(IEnumerable<Slice> slices, Func<SliceEndpoint, SliceEndpoint> hint) =>
        [.. slices.Select(slice => slice with { Endpoints = slice.Endpoints.Select(hint).ToValueList() })];
}
