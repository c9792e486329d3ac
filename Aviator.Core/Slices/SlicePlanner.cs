using Aviator.Core.Decisions;

namespace Aviator.Core.Slices;

/// <summary>What to do with a slice.</summary>
internal enum SliceAction
{
    Create,
    Update,
    Delete,
}

/// <summary>One write; <paramref name="Slice"/> is as it should be, with the resourceVersion that it was decided on.</summary>
internal sealed record SliceWrite(SliceAction Action, Slice Slice);

/// <summary>
/// The pure difference between what slices should say and what they say, in the fewest writes: rows stay in the slice where they are, new
/// ones go where something is written anyway, a delete and a create become one update, and what is right is not touched. Applying a plan
/// and planning again gives an empty plan.
/// </summary>
internal static class SlicePlanner
{
    /// <param name="service">The Service.</param>
    /// <param name="subsets">Its membership.</param>
    /// <param name="decision">Who gets traffic; <see cref="SliceRows.PlainMembership"/> for all.</param>
    /// <param name="slices">
    /// All slices of the Service's namespace that name it, those of other managers included: those are never touched.
    /// </param>
    /// <param name="takenNames">Names that slices of the namespace have, so that a create does not collide.</param>
    /// <returns>
    /// Writes in the order in which to do them: what leaves a ready endpoint comes before what takes one away, deletes come last, so that
    /// no moment between two writes is without a ready endpoint.
    /// </returns>
    public static IReadOnlyList<SliceWrite> Plan(
        ServiceShape service,
        IReadOnlyList<EndpointSubset> subsets,
        Decision decision,
        IEnumerable<Slice> slices,
        IEnumerable<string> takenNames)
    {
        var admitted = SelectionGuard.Admitted(service, subsets, decision);
        var hints = SliceRows.HintsOf(service, subsets);
        var own = slices
            .Where(slice => slice.IsOwn && !slice.Deleting && slice.ServiceName == service.Name && slice.Namespace == service.Namespace)
            .OrderBy(slice => slice.Name, StringComparer.Ordinal).ToList();

        var labels = CopiedLabels.Of(service);

        // Slices of an earlier Service of the same name would be collected with it, sooner or later; their rows are old now.
        var drafts = own.Where(slice => slice.OwnerUid == service.SliceOwner.Uid)
            .Select(slice => new SliceDraft(slice, service.LeavesSliceLabels ? slice.Labels : labels)).ToList();
        var stale = own.Where(slice => slice.OwnerUid != service.SliceOwner.Uid).Select(slice => new SliceWrite(SliceAction.Delete, slice));
        var missing = new List<(EndpointSubset Subset, List<SliceEndpoint> Rows)>();
        var unused = drafts.ToHashSet();
        foreach (var subset in subsets)
        {
            var mine = drafts.Where(draft => draft.Slice.Family == subset.Family && draft.Slice.Ports.Equals(subset.Ports)).ToList();
            unused.ExceptWith(mine);
            var rest = SliceDraft.Settle(mine, SliceRows.Build(subset, admitted, hints, decision));
            if (rest.Count > 0) missing.Add((subset, rest));
            unused.UnionWith(mine.Where(draft => draft.Rows.Count == 0));
        }

        var names = new SliceNames(service, takenNames.Concat(own.Select(slice => slice.Name)));
        foreach (var (subset, rows) in missing)
            foreach (var chunk in rows.Chunk(Slice.MaxEndpoints))
                if (!Reuse(unused, subset, chunk))
                    drafts.Add(SliceDraft.New(service, names.Next(subset.Family), labels, subset, chunk));

        var kept = drafts.Where(draft => !unused.Contains(draft) && draft.IsChanged).Select(draft => draft.ToWrite()).ToList();
        return
        [
            .. SliceTriggers.Stamp(kept, own, subsets)
                .OrderByDescending(write => write.Slice.Endpoints.Any(endpoint => endpoint.Ready))
                .ThenBy(write => write.Slice.Name, StringComparer.Ordinal),
            .. unused.Select(draft => new SliceWrite(SliceAction.Delete, draft.Slice)).Concat(stale)
                .OrderBy(write => write.Slice.Name, StringComparer.Ordinal),
        ];
    }

    /// <summary>A slice that would be deleted takes the rows instead; it stays in its family, which a slice cannot change.</summary>
    private static bool Reuse(HashSet<SliceDraft> unused, EndpointSubset subset, SliceEndpoint[] rows)
    {
        var draft = unused.Where(candidate => candidate.Slice.Family == subset.Family)
            .MinBy(candidate => candidate.Slice.Name, StringComparer.Ordinal);
        if (draft is null) return false;
        unused.Remove(draft);
        draft.Refill(subset.Ports, rows);
        return true;
    }
}
