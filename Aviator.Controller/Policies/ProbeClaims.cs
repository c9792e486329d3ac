using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Cluster;
using Aviator.Controller.Collection;
using Aviator.Core.Slices;

namespace Aviator.Controller.Policies;

/// <summary>
/// Whose probe a pod's port gets. An agent probes each port of a pod once, as the oldest policy wants it: a younger policy that asks
/// something else of the same port would judge by answers to another question.
/// </summary>
/// <param name="policies">All policies.</param>
/// <param name="cluster">Their Services and pods.</param>
internal sealed class ProbeClaims(PolicyStore policies, ClusterView cluster)
{
    /// <summary>
    /// Why a policy's probe cannot be made at one of its ready pods, as a sentence that names the fields and the older policy; null when
    /// each is probed as it wants.
    /// </summary>
    public string? Conflict(AviatorPolicy policy, PolicyTerms terms, ServiceShape service)
    {
        var all = policies.Policies.InNamespace(policy.Metadata.NamespaceProperty);
        // Most namespaces ask the same of all their pods, and that is told before anything is sorted.
        if (all.Values.All(other => SameFields(policy, other))) return null;
        var older = PolicyClaims.Owners(all.Values).TakeWhile(other => other.Metadata.Name != policy.Metadata.Name).ToList();
        if (older.All(other => SameFields(policy, other))) return null;

        var own = Ready(service, terms.Port);
        var left = own.ToDictionary(endpoint => (endpoint.Key, endpoint.Port));
        foreach (var other in older)
        {
            var shared = SharedWith(other, service).Select(endpoint => (endpoint.Key, endpoint.Port)).Where(left.ContainsKey).ToList();
            var unlike = shared.Where(key => !SameProbe(policy, other, key.Port)).ToList();
            if (unlike.Count > 0) return Explain(policy, other, left[unlike[0]], unlike.Count, own.Count);
            foreach (var key in shared) left.Remove(key);
        }

        return null;
    }

    private IReadOnlyList<MeasuredEndpoint> SharedWith(AviatorPolicy other, ServiceShape service)
    {
        if (cluster.Services.Find(PolicyStore.TargetOf(other)) is not { } their) return [];
        // Selectors are compared first: most Services share no pod, and that is told without their endpoints.
        return cluster.PodsOf(service).Any(pod => their.PodSelector.Matches(pod.Shape.Labels))
            ? Ready(their, other.Spec.TargetRef.Port?.Value)
            : [];
    }

    private IReadOnlyList<MeasuredEndpoint> Ready(ServiceShape service, string? port) =>
        MeasuredEndpoints.Ready(service, cluster.MembershipOf(service), port);

    private static bool SameFields(AviatorPolicy one, AviatorPolicy other) =>
        one.Spec.TargetPort == other.Spec.TargetPort && one.Spec.Probe.Path == other.Spec.Probe.Path;

    /// <summary>Whether both ask the same of an endpoint that is measured at this port.</summary>
    private static bool SameProbe(AviatorPolicy one, AviatorPolicy other, int port) =>
        Port(one, port) == Port(other, port) && one.Spec.Probe.Path == other.Spec.Probe.Path;

    private static int Port(AviatorPolicy policy, int measured) => policy.Spec.TargetPort ?? measured;

    private static string Explain(AviatorPolicy policy, AviatorPolicy other, MeasuredEndpoint endpoint, int shared, int all)
    {
        var fields = new List<string>();
        var (pod, theirs) = (endpoint.Name, Port(other, endpoint.Port));
        if (Port(policy, endpoint.Port) != theirs) fields.Add($"spec.targetPort: {theirs}");
        if (policy.Spec.Probe.Path != other.Spec.Probe.Path) fields.Add($"spec.probe.path: {other.Spec.Probe.Path}");
        return $"{shared} of {all} pods of Service {policy.Spec.TargetRef.Name}, {pod} among them, are probed for the older policy "
            + $"{other.Metadata.Name} already, at {Probe(other, endpoint.Port)} and not at {Probe(policy, endpoint.Port)}, and a pod's "
            + "port has one probe: "
            + $"set {string.Join(" and ", fields)} here too, or change policy {other.Metadata.Name}.";
    }

    private static string Probe(AviatorPolicy policy, int measured) => $":{Port(policy, measured)}{policy.Spec.Probe.Path}";
}
