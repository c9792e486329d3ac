using Aspire.Hosting.Kubernetes;
using Aspire.Hosting.Kubernetes.Resources;

namespace Aviator.AppHost.Aspire.Publishing;

/// <summary>What each account may do; docs/install.md says why each verb. A test holds it equal to the chart's.</summary>
internal static class Rights
{
    /// <summary>Reads which endpoints of its node to measure.</summary>
    public static IReadOnlyList<PolicyRuleV1> Agent { get; } =
    [
        Rule("aviator.example.com", ["aviatorpolicies"], "list", "watch"),
        Rule("", ["services", "pods"], "list", "watch"),
    ];

    /// <summary>Reads policies and membership, steers, reports.</summary>
    public static IReadOnlyList<PolicyRuleV1> Controller { get; } =
    [
        Rule("aviator.example.com", ["aviatorpolicies"], "get", "list", "watch", "patch"),
        Rule("aviator.example.com", ["aviatorpolicies/status"], "patch"),
        Rule("", ["services"], "list", "watch", "patch"),
        Rule("", ["services/finalizers"], "update"),
        Rule("", ["pods"], "list", "watch"),
        Rule("", ["nodes"], "list", "watch"),
        Rule("discovery.k8s.io", ["endpointslices"], "list", "watch", "create", "update", "delete"),
        Rule("", ["events"], "get", "create", "patch"),
        Rule("monitoring.coreos.com", ["servicemonitors"], "list"),
        Rule("argoproj.io", ["rollouts"], "list"),
        Rule("flagger.app", ["canaries"], "list"),
    ];

    /// <summary>Hands steered Services back.</summary>
    public static IReadOnlyList<PolicyRuleV1> Watchdog { get; } =
    [
        Rule("aviator.example.com", ["aviatorpolicies"], "get", "list", "watch", "patch"),
        Rule("", ["services"], "get", "list", "watch", "patch"),
        Rule("", ["services/finalizers"], "update"),
        Rule("", ["pods"], "list", "watch"),
        Rule("", ["nodes"], "list", "watch"),
        Rule("discovery.k8s.io", ["endpointslices"], "list", "watch", "create", "update", "delete"),
        Rule("", ["events"], "get", "create", "patch"),
    ];

    /// <summary>In the own namespace: electing a leader.</summary>
    public static IReadOnlyList<PolicyRuleV1> Election { get; } =
    [
        Rule("", ["pods"], "list", "watch"),
        Rule("coordination.k8s.io", ["leases"], "create"),
        Named(Rule("coordination.k8s.io", ["leases"], "get", "update", "patch"), Topology.LeaseName),
    ];

    /// <summary>In the own namespace: seeing whether a leader is there.</summary>
    public static IReadOnlyList<PolicyRuleV1> ReadLease { get; } = [Named(Rule("coordination.k8s.io", ["leases"], "get", "list", "watch"), Topology.LeaseName)];

    /// <summary>An account for the workload, with these rights in the whole cluster. Each file is named by its object's name, so the names differ.</summary>
    public static void AddRights(this KubernetesResource service, IReadOnlyList<PolicyRuleV1> rules)
    {
        var name = $"aviator-{service.Name}";
        var role = new ClusterRole { Metadata = { Name = $"{name}-role" } };
        role.Rules.AddRange(rules);
        var binding = new ClusterRoleBinding
        {
            Metadata = { Name = $"{name}-rolebinding" },
            RoleRef = new() { ApiGroup = "rbac.authorization.k8s.io", Kind = "ClusterRole", Name = role.Metadata.Name },
            Subjects = { Account(name) },
        };
        service.AdditionalResources.AddRange([new ServiceAccount { Metadata = { Name = name } }, role, binding]);
        service.Workload!.PodTemplate.Spec.ServiceAccountName = name;
    }

    /// <summary>The same account's rights in the release's own namespace.</summary>
    public static void AddHomeRights(this KubernetesResource service, IReadOnlyList<PolicyRuleV1> rules)
    {
        var name = $"aviator-{service.Name}";
        var role = new Role { Metadata = { Name = $"{name}-home" } };
        role.Rules.AddRange(rules);
        var binding = new RoleBinding
        {
            Metadata = { Name = $"{name}-homebinding" },
            RoleRef = new() { ApiGroup = "rbac.authorization.k8s.io", Kind = "Role", Name = role.Metadata.Name },
            Subjects = { Account(name) },
        };
        service.AdditionalResources.AddRange([role, binding]);
    }

    private static SubjectV1 Account(string name) => new() { Kind = "ServiceAccount", Name = name, Namespace = "{{ .Release.Namespace }}" };

    private static PolicyRuleV1 Rule(string group, string[] resources, params string[] verbs)
    {
        var rule = new PolicyRuleV1();
        rule.ApiGroups.Add(group);
        rule.Resources.AddRange(resources);
        rule.Verbs.AddRange(verbs);
        return rule;
    }

    private static PolicyRuleV1 Named(PolicyRuleV1 rule, string name)
    {
        rule.ResourceNames.Add(name);
        return rule;
    }
}
