using Aviator.Core.Measurement;

namespace Aviator.Controller.Collection;

/// <summary>One node as its last report left it, for people.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Source">Where its figures come from.</param>
/// <param name="Detail">The kernel hooks in use, or why there are none.</param>
/// <param name="Coverage">Share (0 to 1) of its recent exchanges that could be measured; null without traffic.</param>
/// <param name="Age">Time since its agent read the counters.</param>
internal sealed record NodeSight(string Node, LatencySource Source, string Detail, double? Coverage, TimeSpan Age)
{
    /// <summary>What the newest report of a node says. Each endpoint counts by its samples.</summary>
    public static NodeSight Of(string node, NodeRing ring, Snapshot newest, TimeSpan now)
    {
        var (measured, all) = (0.0, 0.0);
        foreach (var recent in ring.NewestRows.Select(row => row.Report.Recent))
        {
            if (recent.Coverage is not (>= 0 and <= 1 and var coverage)) continue;
            // Where nothing could be measured there are no samples to count by: it counts as one exchange.
            var exchanges = coverage > 0 ? recent.Count / coverage : 1;
            (measured, all) = (measured + recent.Count, all + exchanges);
        }

        return new(node, ring.Source, ring.SourceDetail, all > 0 ? Math.Clamp(measured / all, 0, 1) : null, now - newest.MeasuredAt);
    }
}
