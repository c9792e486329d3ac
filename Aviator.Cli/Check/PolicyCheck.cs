using Aviator.Cli.Cluster;
using Aviator.Cli.Figures;
using Aviator.Cli.Status;
using Aviator.Controller.Api.V1Alpha1;

namespace Aviator.Cli.Check;

/// <summary>What policies and the board say of how it works: sources, hooks, kernels, conditions.</summary>
internal static class PolicyCheck
{
    /// <summary>Looks.</summary>
    public static async IAsyncEnumerable<Finding> FindAsync(
        Session session, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var policies = await PolicyReading.ListAsync(session.Api, null, cancellationToken);
        foreach (var policy in policies)
        {
            var name = $"{policy.Metadata.NamespaceProperty}/{policy.Metadata.Name}";
            if (ConditionJudge.Worst(policy.Status) is { } worst)
            {
                var anchor = worst.Type == ConditionType.Ready ? "reasons" : worst.Type.ToLowerInvariant();
                yield return Finding.Warn($"policy {name}", $"{worst.Reason}: {worst.Message}",
                    $"kubectl aviator status {policy.Metadata.Name} -n {policy.Metadata.NamespaceProperty}",
                    $"operations/runbook.md#{anchor}");
            }

            if (policy.Spec.LatencySource == "ebpf" && policy.Status?.LatencySource == "probe")
            {
                yield return Finding.Warn($"policy {name}",
                    "It is measured by probes although it asks for ebpf: an agent could not load its hooks.",
                    "kubectl logs on the agents names the reason for each node", "measuring.md#hooks");
            }

            foreach (var node in policy.Status?.Kernel?.Passing ?? [])
            {
                yield return Finding.Warn($"node {node.Node}", $"Its kernel leaves connections of {name} to kube-proxy: {node.Reason}",
                    "What the reason says.", "kernel.md#what-a-node-needs");
            }
        }

        if (policies.Count > 0) yield return Finding.Ok("policies", $"{policies.Count} policies were looked at.");
        using var client = new BoardClient(session);
        if (policies.Count == 0 || (await client.ReadAsync(cancellationToken)).Board is not { } board) yield break;
        foreach (var node in board.Nodes)
        {
            var how = $"Its agent measures by {node.Source}{(node.Hooks is { } hooks ? $", hooks {hooks}" : "")}.";
            yield return node.Source == "ebpf"
                ? Finding.Ok($"node {node.Node}", how)
                : Finding.Warn($"node {node.Node}", how, "The agent's log says which hook failed, and why.", "measuring.md#hooks");
        }
    }
}
