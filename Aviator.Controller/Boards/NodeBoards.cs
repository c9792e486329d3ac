using Aviator.Controller.Collection;
using Aviator.Controller.Orders;
using Aviator.Core.Boards;

namespace Aviator.Controller.Boards;

/// <summary>Puts the nodes into the board. Pure.</summary>
internal static class NodeBoards
{
    /// <summary>The nodes that reports came from, each with the reason for which its kernel passes connections, if it does.</summary>
    /// <param name="sights">The nodes by their reports.</param>
    /// <param name="standings">What kernels do, by policy; null for policies that slices carry out.</param>
    public static IReadOnlyList<NodeBoard> Of(IReadOnlyList<NodeSight> sights, IEnumerable<KernelStanding?> standings)
    {
        var passing = standings.OfType<KernelStanding>().SelectMany(standing => standing.Passing)
            .GroupBy(node => node.Node, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.First().Reason, StringComparer.Ordinal);
        return
        [
            .. sights.Select(sight => new NodeBoard
            {
                Node = sight.Node,
                Source = BoardFigures.Word(sight.Source)!,
                Hooks = sight.Detail.Length == 0 ? null : sight.Detail,
                Coverage = BoardFigures.Share(sight.Coverage),
                ReportAgeMs = Math.Round(sight.Age.TotalMilliseconds),
                Passing = passing.GetValueOrDefault(sight.Node),
            }),
        ];
    }
}
