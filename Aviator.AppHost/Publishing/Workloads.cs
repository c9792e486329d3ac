using Aspire.Hosting.Kubernetes;
using Aspire.Hosting.Kubernetes.Resources;

namespace Aviator.AppHost.Publishing;

/// <summary>
/// What the model does not say, because it only matters in a cluster: the account, probes, confinement, the agent on each node.
/// </summary>
internal static class Workloads
{
    private const long NonRoot = 65532;
    private const int Replicas = 2;

    /// <summary>A DaemonSet on the node's own network, with the least capabilities that measure.</summary>
    public static void Agent(KubernetesResource service)
    {
        var container = Common(service);
        var pod = service.ToDaemonSet();
        pod.HostNetwork = true;
        pod.HostPid = true;
        pod.DnsPolicy = "ClusterFirstWithHostNet";
        pod.Tolerations.Add(new() { Operator = "Exists" });
        pod.Volumes.Add(new() { Name = "cgroup", HostPath = new() { Path = "/sys/fs/cgroup", Type = "Directory" } });

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
        Confined(service).Replicas = Replicas;
        service.Workload!.PodTemplate.Spec.Containers[0].Env.Add(FromField("POD_NAME", "metadata.name"));
    }

    /// <summary>Confined, with its own account: under the agents', every node would hold the right to patch every Service.</summary>
    public static void Watchdog(KubernetesResource service) => Confined(service);

    private static DeploymentSpecV1 Confined(KubernetesResource service)
    {
        var container = Common(service);
        var pod = service.Workload!.PodTemplate.Spec;
        pod.SecurityContext = new() { RunAsNonRoot = true, RunAsUser = NonRoot, RunAsGroup = NonRoot, FsGroup = NonRoot };
        container.SecurityContext = new()
        {
            AllowPrivilegeEscalation = false,
            ReadOnlyRootFilesystem = true,
            Capabilities = new() { Drop = { "ALL" } },
        };
        container.Env.Add(FromField("POD_NAMESPACE", "metadata.namespace"));
        var deployment = ((Deployment)service.Workload).Spec;
        deployment.Strategy.RollingUpdate = new() { MaxUnavailable = 0, MaxSurge = 1 };
        return deployment;
    }

    /// <summary>The account of config/rbac, the probes, and no arguments: the watchdog's image has its role built in.</summary>
    private static ContainerV1 Common(KubernetesResource service)
    {
        ChartDefects.Repair(service);
        var pod = service.Workload!.PodTemplate.Spec;
        pod.ServiceAccountName = $"aviator-{service.Name}";
        var container = pod.Containers[0];
        container.Args.Clear();
        // Not by WithHttpProbe: it takes one probe per path, and start and liveness ask the same.
        container.StartupProbe = Http("/healthz", period: 1, timeout: 2, failures: 60);
        container.LivenessProbe = Http("/healthz", period: 10, timeout: 5, failures: 6);
        container.ReadinessProbe = Http("/readyz", period: 2, timeout: 2, failures: 3);
        return container;
    }

    private static ProbeV1 Http(string path, int period, int timeout, int failures) => new()
    {
        HttpGet = new() { Path = path, Port = AviatorResources.Http, Scheme = "HTTP" },
        PeriodSeconds = period,
        TimeoutSeconds = timeout,
        FailureThreshold = failures,
    };

    private static EnvVarV1 FromField(string name, string path) =>
        new() { Name = name, ValueFrom = new() { FieldRef = new() { FieldPath = path } } };
}
