using System.Globalization;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Orders;
using Aviator.Core.Decisions;

namespace Aviator.Controller.Status;

/// <summary>Puts what the nodes' kernels do into the status. Pure.</summary>
internal static class KernelStatuses
{
    /// <summary>The part of the status that is about the nodes; null where slices alone carry decisions out.</summary>
    public static KernelStatus? Of(KernelStanding? standing) => standing is null ? null : new()
    {
        SteeringNodes = standing.Steering,
        PassingNodes = standing.Passing.Count,
        Passing = [.. standing.Passing.Take(KernelStatus.MaxPassing)],
        SteeredShare = standing.SteeredShare is { } share ? Math.Round(share, 3) : null,
    };

    /// <summary>Endpoints that get traffic: while neither a kernel nor a slice steers, kube-proxy gives it to every ready one.</summary>
    public static int Active(PolicySummary? summary, KernelStanding? standing) =>
        standing is { IsSteered: false, SlicesCarry: false } ? summary?.Total ?? 0 : summary?.Active ?? 0;

    /// <summary>The condition Steering.</summary>
    public static ConditionValue Steering(KernelStanding standing) => standing switch
    {
        { IsSteered: true } => new(
            true, ConditionReason.Kernel,
            $"{Gives(standing)}; the Service itself is left alone." +
            (standing.Passing.Count == 0 ? "" : $" kube-proxy does as always on {standing.Passing.Count}: {Reasons(standing.Passing)}.") +
            Keeps(standing)),
        { Waiting: > 0 } => new(null, ConditionReason.WaitingForNodes, "No node has answered yet; until then kube-proxy does as always."),
        { Passing.Count: 0 } => new(
            false, ConditionReason.NoNodeSteers, "No agent is known, so no node steers and kube-proxy does as always: install the agents."),
        _ => new(
            false, ConditionReason.NoNodeSteers,
            $"No node steers, so kube-proxy does as always, on all ready pods: {Reasons(standing.Passing)}."),
    };

    /// <summary>The condition Steering where own slices carry the selection as well: they do, whatever the nodes do.</summary>
    public static ConditionValue SteeringBesideSlices(KernelStanding standing) => standing switch
    {
        { IsSteered: true } => new(
            true, ConditionReason.KernelAndService,
            $"Own slices carry the selection, and {Gives(standing)}." +
            (standing.Passing.Count == 0
                ? ""
                : $" kube-proxy chooses from the slices on {standing.Passing.Count}: {Reasons(standing.Passing)}.") +
            Keeps(standing)),
        { Waiting: > 0 } => new(
            true, ConditionReason.Steered,
            "Own slices carry the selection. No node has answered yet; until then kube-proxy chooses alone."),
        { Passing.Count: 0 } => new(
            true, ConditionReason.Steered,
            "Own slices carry the selection. No agent is known, so kube-proxy chooses alone: install the agents."),
        _ => new(
            true, ConditionReason.Steered,
            $"Own slices carry the selection. No node's kernel steers, so kube-proxy chooses alone: {Reasons(standing.Passing)}."),
    };

    /// <summary>A sentence on what the nodes do while the slices do not carry the selection; empty where they do nothing.</summary>
    public static string Meanwhile(KernelStanding? standing) =>
        standing is { IsSteered: true } ? $" Meanwhile {Gives(standing)}." : "";

    private static string Gives(KernelStanding standing) =>
        $"{Nodes(standing.Steering, "gives", "give")} new connections to the selection";

    private static string Keeps(KernelStanding standing) => standing.Keeping.Count == 0
        ? ""
        : $" Idle connections stay open on {standing.Keeping.Count}: {Reasons(standing.Keeping)}.";

    /// <summary>A few nodes with their reasons, and how many more there are.</summary>
    private static string Reasons(IReadOnlyList<PassingNode> nodes)
    {
        var shown = string.Join("; ", nodes.Take(KernelStatus.MaxPassing)
            .Select(node => $"{node.Node}: {node.Reason.TrimEnd('.')}"));
        var more = nodes.Count - KernelStatus.MaxPassing;
        return more > 0 ? string.Create(CultureInfo.InvariantCulture, $"{shown}; and {more} more") : shown;
    }

    private static string Nodes(int count, string one, string many) => count == 1 ? $"1 node {one}" : $"{count} nodes {many}";
}
