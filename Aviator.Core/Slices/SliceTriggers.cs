namespace Aviator.Core.Slices;

/// <summary>
/// Says of a write of a slice since when what it carries out is true, by which kube-proxy measures how long a change takes to reach the
/// nodes. As Kubernetes does: the earliest of the changed pods' times. What a decision changes, or a take-over, is no change of a pod, and
/// has no such time.
/// </summary>
internal static class SliceTriggers
{
    /// <summary>The writes, each with its time or none.</summary>
    /// <param name="writes">What is to be written.</param>
    /// <param name="before">The own slices as they are.</param>
    /// <param name="subsets">The membership that the writes follow.</param>
    public static IEnumerable<SliceWrite> Stamp(
        IReadOnlyList<SliceWrite> writes, IReadOnlyList<Slice> before, IReadOnlyList<EndpointSubset> subsets)
    {
        if (before.Count == 0 || writes.Count == 0) return writes;
        var rows = before.SelectMany(slice => slice.Endpoints).ToLookup(row => (row.Address, row.PodUid));
        var times = subsets.SelectMany(subset => subset.Endpoints)
            .ToLookup(pod => pod.Key, pod => pod.ReadyChangedAt, StringComparer.Ordinal);
        return writes.Select(write => write with { Slice = write.Slice with { TriggeredAt = Earliest(write.Slice) } });

        string? Earliest(Slice slice) => slice.Endpoints.Where(IsChanged).SelectMany(row => times[row.PodUid ?? ""]).OfType<string>()
            .Min(StringComparer.Ordinal);

        // One that is being deleted has no time of its own: since it became ready nothing of its condition has changed.
        bool IsChanged(SliceEndpoint row) => row.Terminating != true && (rows[(row.Address, row.PodUid)].FirstOrDefault() is { } old
            ? old.Admitted == row.Admitted && old.Ready != row.Ready
            : row.Ready);
    }
}
