namespace Aviator.Core.Slices;

/// <summary>A slice while its next state is worked out. The slice it started from is never changed.</summary>
internal sealed class SliceDraft
{
    private readonly LabelSet _labels;
    private ValueList<SlicePort> _ports;

    /// <param name="slice">The slice as read.</param>
    /// <param name="labels">The labels that it is to have.</param>
    public SliceDraft(Slice slice, LabelSet labels)
    {
        Slice = slice;
        Rows = [.. slice.Endpoints];
        _ports = slice.Ports;
        _labels = labels;
        IsChanged = !slice.Labels.Equals(labels);
    }

    /// <summary>The slice as read.</summary>
    public Slice Slice { get; }

    public List<SliceEndpoint> Rows { get; private set; }

    public bool IsChanged { get; private set; }

    private int Room => Math.Max(0, Slice.MaxEndpoints - Rows.Count);

    public static SliceDraft New(
        ServiceShape service, string name, LabelSet labels, EndpointSubset subset, IEnumerable<SliceEndpoint> rows)
    {
        var slice = new Slice
        {
            Namespace = service.Namespace,
            Name = name,
            ServiceName = service.Name,
            ManagedBy = Slice.OwnManager,
            OwnerUid = service.SliceOwner.Uid,
            OwnerName = service.SliceOwner.Name,
            Family = subset.Family,
            Ports = subset.Ports,
            Endpoints = rows.ToValueList(),
        };
        return new SliceDraft(slice, labels) { IsChanged = true };
    }

    /// <summary>
    /// Brings the slices of one subset in line: rows that are wanted stay where they are, with new conditions if they differ; others go;
    /// new ones fill slices that change anyway, then one that has room for all that remain.
    /// </summary>
    /// <returns>The rows that found no place.</returns>
    public static List<SliceEndpoint> Settle(IReadOnlyList<SliceDraft> drafts, IReadOnlyList<SliceEndpoint> wanted)
    {
        var open = wanted.ToDictionary(row => (row.Address, row.PodUid));
        foreach (var draft in drafts) draft.Keep(open);
        var rest = wanted.Where(row => open.ContainsKey((row.Address, row.PodUid))).ToList();
        foreach (var draft in drafts.Where(draft => draft.IsChanged && draft.Rows.Count > 0)) draft.Take(rest);
        if (rest.Count == 0) return rest;
        var fitting = drafts.Where(draft => !draft.IsChanged && draft.Room >= rest.Count).MinBy(draft => draft.Room);
        fitting?.Take(rest);
        return rest;
    }

    /// <summary>Puts other rows and ports into a slice that has lost its own.</summary>
    public void Refill(ValueList<SlicePort> ports, IEnumerable<SliceEndpoint> rows)
    {
        _ports = ports;
        Rows = [.. rows];
        IsChanged = true;
    }

    public SliceWrite ToWrite() => new(
        Slice.Uid.Length == 0 ? SliceAction.Create : SliceAction.Update,
        Slice with { Endpoints = Rows.ToValueList(), Ports = _ports, Labels = _labels, TriggeredAt = null });

    private void Keep(Dictionary<(string, string?), SliceEndpoint> open)
    {
        var kept = new List<SliceEndpoint>(Rows.Count);
        foreach (var row in Rows)
        {
            // A slice that another writer filled beyond the limit is cut down to it; the rest finds its place elsewhere.
            if (kept.Count == Slice.MaxEndpoints || !open.Remove((row.Address, row.PodUid), out var wanted))
            {
                IsChanged = true;
                continue;
            }

            IsChanged |= !SliceRows.Same(row, wanted);
            kept.Add(wanted);
        }

        Rows = kept;
    }

    private void Take(List<SliceEndpoint> rest)
    {
        var count = Math.Min(Room, rest.Count);
        if (count == 0) return;
        Rows.AddRange(rest.Take(count));
        rest.RemoveRange(0, count);
        IsChanged = true;
    }
}
