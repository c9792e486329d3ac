using Aviator.Cli.Figures;
using Aviator.Cli.Output;
using Aviator.Controller.Api.V1Alpha1;
using k8s.Models;

namespace Aviator.Cli.Explain;

/// <summary>Puts into words why a pod gets traffic or none: what stands in the way first, the decision last. Pure.</summary>
/// <param name="pod">The pod.</param>
/// <param name="behind">The Service, its policy, and what the slices and Events say of the pod.</param>
/// <param name="policyFigures">The decision's figures of the policy; null without a policy.</param>
/// <param name="now">The time.</param>
internal sealed class PodStory(V1Pod pod, PodService behind, PolicyFigures? policyFigures, DateTimeOffset now)
{
    /// <summary>The decision's row of the pod; null where neither board nor status has one.</summary>
    private readonly EndpointFigures? _figures =
        policyFigures?.Endpoints.FirstOrDefault(endpoint => endpoint.Pod == pod.Metadata.Name);

    private double? PeersP99 => policyFigures?.P99Ms;

    private string Name => pod.Metadata.Name;

    private string Subject => $"Pod {Name} of Service {behind.Service.Name}";

    /// <summary>A pod behind no Service.</summary>
    public static PodReport WithoutService(V1Pod pod) => new()
    {
        Pod = pod.Metadata.Name,
        Answer = $"Pod {pod.Metadata.Name} matches the selector of no Service in namespace {pod.Metadata.NamespaceProperty}, so no Service "
            + "sends it traffic.",
        Changes = [$"Compare its labels ({Labels(pod)}) with the Service's spec.selector."],
    };

    /// <summary>Tells it.</summary>
    public PodReport Tell()
    {
        if (NotReady() is { } notReady) return notReady;
        if (behind.Policy is not { } policy)
        {
            return Plain($"no AviatorPolicy names the Service, so it gets traffic as Kubernetes gives it to every ready pod",
                $"Write a policy for Service {behind.Service.Name}: docs/getting-started.md.");
        }

        var status = policy.Status;
        if (status is null)
            return Plain($"policy {policy.Metadata.Name} was not looked at by a controller yet", "See who leads: kubectl aviator status.");
        if (status.Condition(ConditionType.Accepted) is { Status: "False" } refused)
            return Plain($"policy {policy.Metadata.Name} is refused ({refused.Reason}: {Clause(refused.Message)})", Runbook("accepted"));
        if (policy.Spec.Mode == "Observe") return Observed(policy);
        return status.Condition(ConditionType.Steering) is { Status: not "True" } idle
            ? Plain($"the Service is not steered ({idle.Reason}: {Clause(idle.Message)})", Runbook("steering"))
            : Decided(policy, status);
    }

    private PodReport? NotReady()
    {
        if (pod.Metadata.DeletionTimestamp is { } ending)
        {
            return Report(false, $"{Subject} gets no new connections: it is being deleted", Time(ending)) with
            {
                Changes = ["Nothing: it ends. Its successor has another name."],
            };
        }

        var ready = pod.Status?.Conditions?.FirstOrDefault(condition => condition.Type == "Ready");
        if (ready?.Status == "True") return null;
        var why = ready?.Message is { Length: > 0 } message ? message : pod.Status?.Phase is { } phase ? $"phase {phase}" : "not started";
        return Report(false, $"{Subject} gets no traffic: it is not Ready ({why}), so Kubernetes leaves it out whatever Aviator decides",
            Time(ready?.LastTransitionTime)) with
        {
            Changes = [$"Its readiness probe has to succeed: kubectl describe pod {Name} -n {pod.Metadata.NamespaceProperty}."],
        };
    }

    private PodReport Plain(string why, string change) =>
        Report(true, $"{Subject} gets traffic as every ready pod does: {why}", null) with { Changes = [change] };

    private PodReport Observed(AviatorPolicy policy)
    {
        var would = _figures is null ? "the status has no row for it" : $"by decision it would be {(_figures.IsInUse ? "in" : "out")}, "
            + $"{Clause(_figures.Reason ?? "no reason given")}";
        var answer = $"{Subject} gets traffic as every ready pod does: policy {policy.Metadata.Name} only observes; {would}";
        return Report(true, answer, null) with
        {
            Changes =
            [
                "Have decisions carried out: "
                + $"kubectl patch avp {policy.Metadata.Name} -n {policy.Metadata.NamespaceProperty} --type=merge -p "
                + "'{\"spec\":{\"mode\":\"Enforce\"}}'.",
            ],
        };
    }

    private PodReport Decided(AviatorPolicy policy, AviatorPolicyStatus status)
    {
        var since = _figures?.Since ?? (behind.Events.Count > 0 ? behind.Events[^1].LastTime : null);
        if (_figures is null && behind.Admitted is null)
        {
            return Report(null, $"Whether p{Subject[1..]} gets traffic is not known: the status lists {status.PodLatencies.Count} of "
                + $"{status.TotalPods} pods, the ejected and the slowest first, and this is none of them", since);
        }

        if (_figures is null)
        {
            return Report(behind.Admitted, behind.Admitted == true
                ? $"{Subject} gets traffic: Aviator's slices admit it, and it is not among the {status.PodLatencies.Count} of "
                    + $"{status.TotalPods} pods that the status lists (the ejected and the slowest first)"
                : $"{Subject} gets no traffic: Aviator's slices leave it out", since);
        }

        var isIn = _figures.IsInUse;
        return Report(isIn, $"{Subject} gets {(isIn ? "traffic" : "no traffic")}{SinceText(since)}: {Verdict()}", since) with
        {
            Changes = [.. ChangeText.Of(_figures, policy, now)],
        };
    }

    /// <summary>The reason, with what it is compared with: "ejected, p99 812 ms against 21 ms of its peers".</summary>
    private string Verdict()
    {
        if (_figures!.IsInUse || _figures.P99 is not { } own || PeersP99 is not { } peers)
            return Clause(_figures.Reason ?? _figures.State ?? "no reason given");
        var reason = _figures.Reason ?? "";
        var shortly = _figures.State == "Ejected" && reason.StartsWith("ejected: p99", StringComparison.Ordinal)
            ? "ejected"
            : Clause(reason);
        return $"{shortly}, p99 {Words.Latency(own)} against {Words.Latency(peers)} of its peers";
    }

    private PodReport Report(bool? getsTraffic, string answer, DateTimeOffset? since) => new()
    {
        Pod = Name,
        Service = behind.Service.Name,
        Policy = behind.Policy?.Metadata.Name,
        GetsTraffic = getsTraffic,
        Answer = $"{answer}.",
        Figures = _figures,
        Engine = policyFigures is { HasEngines: true } && _figures is not null ? EngineText.Of(_figures) : null,
        PeersP99 = PeersP99,
        Since = since,
        History = [.. History()],
    };

    /// <summary>The board's, which has each change; else what Events say, which Kubernetes drops after an hour.</summary>
    private IEnumerable<string> History()
    {
        var decided = (policyFigures?.Decisions ?? []).Where(entry => entry.Pod == Name).ToList();
        return decided.Count > 0
            ? decided.Select(entry => $"{Words.Age(entry.Time, now)} ago  {entry.Text}")
            : behind.Events.Select(entry => $"{Words.Age(entry.LastTime, now) ?? "?"} ago  {entry.Reason}: {entry.Message}");
    }

    private string SinceText(DateTimeOffset? since) => since is { } time ? $" since {Words.Since(time, now)}" : "";

    private static string Runbook(string anchor) =>
        $"What the reason means and what to do: {DocsLink.Of($"operations/runbook.md#{anchor}")}.";

    private static string Clause(string sentence) => sentence.TrimEnd('.', ' ');

    private static DateTimeOffset? Time(DateTime? time) =>
        time is { } at ? new DateTimeOffset(DateTime.SpecifyKind(at, DateTimeKind.Utc)) : null;

    private static string Labels(V1Pod pod) =>
        pod.Metadata.Labels is { Count: > 0 } labels ? string.Join(",", labels.Select(label => $"{label.Key}={label.Value}")) : "none";
}
