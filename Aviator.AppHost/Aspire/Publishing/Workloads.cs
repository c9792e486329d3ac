using Aspire.Hosting.Kubernetes;
using Aspire.Hosting.Kubernetes.Resources;

namespace Aviator.AppHost.Aspire.Publishing;

/// <summary>What the topology does not say, because it only matters in a cluster: rights, confinement, the agent on each node.</summary>
internal static class Workloads
{
    private const long NonRoot = 65532;
    private const int Replicas = 2;

    /// <summary>A DaemonSet on the node's own network, with the least capabilities that measure.</summary>
    public static void Agent(KubernetesResource service)
    {
        ChartDefects.Repair(service);
        service.AddRights(Rights.Agent);
        var pod = service.ToDaemonSet();
        pod.HostNetwork = true;
        pod.HostPid = true;
        pod.DnsPolicy = "ClusterFirstWithHostNet";
        pod.Tolerations.Add(new() { Operator = "Exists" });
        pod.Volumes.Add(new() { Name = "cgroup", HostPath = new() { Path = "/sys/fs/cgroup", Type = "Directory" } });

        var container = pod.Containers[0];
        container.VolumeMounts.Add(new() { Name = "cgroup", MountPath = "/host/sys/fs/cgroup", ReadOnly = true });
        container.SecurityContext = new()
        {
            RunAsUser = 0,
            RunAsGroup = 0,
            ReadOnlyRootFilesystem = true,
            Capabilities = new() { Drop = { "ALL" }, Add = { "BPF", "PERFMON", "NET_ADMIN" } },
        };
        container.Env.Add(FromField("NODE_NAME", "spec.nodeName"));
    }

    /// <summary>Confined, two replicas, one leader.</summary>
    public static void Controller(KubernetesResource service)
    {
        Confined(service, Rights.Controller).Replicas = Replicas;
        service.AddHomeRights(Rights.Election);
        service.Workload!.PodTemplate.Spec.Containers[0].Env.Add(FromField("POD_NAME", "metadata.name"));
    }

    /// <summary>Confined, with an account of its own: were it the agents', every node would hold the right to patch every Service.</summary>
    public static void Watchdog(KubernetesResource service)
    {
        Confined(service, Rights.Watchdog);
        service.AddHomeRights(Rights.ReadLease);
    }

    private static DeploymentSpecV1 Confined(KubernetesResource service, IReadOnlyList<PolicyRuleV1> rules)
    {
        ChartDefects.Repair(service);
        service.AddRights(rules);
        var pod = service.Workload!.PodTemplate.Spec;
        pod.SecurityContext = new() { RunAsNonRoot = true, RunAsUser = NonRoot, RunAsGroup = NonRoot, FsGroup = NonRoot };
        var container = pod.Containers[0];
        container.SecurityContext = new() { AllowPrivilegeEscalation = false, ReadOnlyRootFilesystem = true, Capabilities = new() { Drop = { "ALL" } } };
        container.Env.Add(FromField("POD_NAMESPACE", "metadata.namespace"));
        var deployment = ((Deployment)service.Workload).Spec;
        deployment.Strategy.RollingUpdate = new() { MaxUnavailable = 0, MaxSurge = 1 };
        return deployment;
    }

    private static EnvVarV1 FromField(string name, string path) => new() { Name = name, ValueFrom = new() { FieldRef = new() { FieldPath = path } } };
}
