using System.Text.Json;
using Aviator.Cli.Cluster;
using k8s.Models;

namespace Aviator.Cli.Check;

/// <summary>Aviator's own parts: controllers, watchdog, agents, Redis; how many run, and of which version.</summary>
internal static class WorkloadCheck
{
    private const string RedisVariable = "ConnectionStrings__redis";

    /// <summary>Looks.</summary>
    public static async IAsyncEnumerable<Finding> FindAsync(
        Session session, Workloads workloads,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!workloads.AreInstalled)
        {
            yield return Finding.Warn("controllers", "No controller runs: Aviator is not installed, or outside this cluster.",
                "helm install aviator deploy/chart/aviator -n aviator-system --create-namespace", "install.md");
            yield break;
        }

        foreach (var (component, deployment) in workloads.Deployments.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            yield return Of(component, deployment, workloads.Namespace);
        if (!workloads.Deployments.ContainsKey("watchdog"))
        {
            yield return Finding.Warn("watchdog", "There is no watchdog: Services stay as they are when every controller is gone.",
                "helm upgrade with watchdog.enabled=true", "availability.md#the-watchdog");
        }

        var leader = await Leader.FindAsync(session.Api, workloads.Namespace, cancellationToken);
        yield return leader switch
        {
            { Hidden: { } why } => Finding.Warn("leader", $"Who leads is not known: {why}", "Use an account that may list Leases.",
                "availability.md#leader-election"),
            _ when leader.Leads(session.Now) => Finding.Ok("leader", $"{leader.Describe(session.Now)}."),
            _ => Finding.Fail("leader", $"{Capital(leader.Describe(session.Now))}.",
                $"kubectl logs -n {workloads.Namespace} -l app.kubernetes.io/component=controller", "availability.md#leader-election"),
        };
        yield return Agents(workloads);
        yield return Redis(workloads);
    }

    private static Finding Of(string component, V1Deployment deployment, string ns)
    {
        var (wanted, ready) = (deployment.Spec?.Replicas ?? 1, deployment.Status?.ReadyReplicas ?? 0);
        var version = deployment.Metadata.Labels?.TryGetValue("app.kubernetes.io/version", out var label) == true
            ? $", version {label}"
            : "";
        if (ready >= wanted) return Finding.Ok(component, $"{ready} of {wanted} ready{version}.");
        var (sentence, fix) = ($"{ready} of {wanted} ready{version}.",
            $"kubectl describe pods -n {ns} -l app.kubernetes.io/component={component}");
        return ready == 0
            ? Finding.Fail(component, sentence, fix, "operations/failures.md")
            : Finding.Warn(component, sentence, fix, "operations/failures.md");
    }

    private static Finding Agents(Workloads workloads)
    {
        var (wanted, ready) = (
            workloads.Agents.Sum(agent => agent.Status?.DesiredNumberScheduled ?? 0),
            workloads.Agents.Sum(agent => agent.Status?.NumberReady ?? 0));
        const string Link = "operations/failures.md";
        if (wanted > 0 && ready >= wanted) return Finding.Ok("agents", $"{ready} of {wanted} nodes have a ready agent.");
        var fix = $"kubectl get pods -n {workloads.Namespace} -l app.kubernetes.io/component=agent -o wide";
        return ready == 0
            ? Finding.Fail("agents",
                wanted == 0 ? "No node has an agent: nothing is measured." : $"None of {wanted} agents is ready.", fix, Link)
            : Finding.Warn("agents", $"{ready} of {wanted} agents are ready; pods of the other nodes are not measured.", fix, Link);
    }

    private static Finding Redis(Workloads workloads)
    {
        if (workloads.Deployments.ContainsKey("redis"))
            return Finding.Ok("redis storage", "The chart's own Redis keeps reports and state.");
        var spec = workloads.Deployments[Workloads.Controller].Spec?.Template?.Spec;
        var isNamed = spec is not null && JsonSerializer.Serialize(spec).Contains(RedisVariable, StringComparison.Ordinal);
        return isNamed
            ? Finding.Ok("redis storage",
                "A Redis of your own keeps reports and state; policies say Degraded, StateStoreUnavailable when it is away.")
            : Finding.Warn("redis storage", "There is no Redis: a new leader asks the agents, and counts persistence anew.",
                "Fine for one cluster; redis.mode=internal adds one.", "state.md");
    }

    private static string Capital(string sentence) => char.ToUpperInvariant(sentence[0]) + sentence[1..];
}
