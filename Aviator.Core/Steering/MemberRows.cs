using Aviator.Core.Slices;

namespace Aviator.Core.Steering;

/// <summary>The rows behind a Service as its pods give them, where no EndpointSlice of Kubernetes' lists them. Pure.</summary>
internal static class MemberRows
{
    /// <summary>What the slices would say with every ready pod in use, hints included.</summary>
    /// <param name="service">The Service, its topology settled.</param>
    /// <param name="subsets">Its membership.</param>
    public static IReadOnlyList<PortRow> Of(ServiceShape service, IReadOnlyList<EndpointSubset> subsets)
    {
        var slices = SlicePlanner.Plan(service, subsets, SliceRows.PlainMembership, [], []).Select(write => write.Slice);
        return PortRow.Read(service, slices, isOut: _ => false);
    }
}
