using System.Text.RegularExpressions;
using Aspire.Hosting.Kubernetes;
using Aspire.Hosting.Kubernetes.Resources;

namespace Aviator.AppHost.Aspire.Publishing;

/// <summary>
/// Repairs what Aspire.Hosting.Kubernetes 13.3 writes wrongly, one method a defect, each with the sign by which it can go. The other known
/// defects are avoided: no project's https endpoint is referenced, no volume of type pvc is mounted, and each http endpoint is named.
/// </summary>
internal static partial class ChartDefects
{
    /// <summary>Applies all of them.</summary>
    public static void Repair(KubernetesResource service)
    {
        Probes(service);
        ValuesKeys(service);
        RedisPassword(service);
        StatefulSets(service);
    }

    /// <summary>
    /// WithHttpProbe writes the scheme as "http", where the API server accepts capitals only, and refuses two kinds of probe on one path. So probes
    /// are written here. To go when both can be published with it.
    /// </summary>
    private static void Probes(KubernetesResource service)
    {
        if (Topology.Product.Single(part => part.Name == service.Name).Port is not { } port) return;
        var container = service.Workload!.PodTemplate.Spec.Containers[0];
        container.StartupProbe = Http("/healthz", period: 1, timeout: 2, failures: 60);
        container.LivenessProbe = Http("/healthz", period: 10, timeout: 5, failures: 6);
        container.ReadinessProbe = Http("/readyz", period: 2, timeout: 2, failures: 3);

        ProbeV1 Http(string path, int period, int timeout, int failures) => new()
        {
            HttpGet = new() { Path = path, Port = port, Scheme = "HTTP" },
            PeriodSeconds = period,
            TimeoutSeconds = timeout,
            FailureThreshold = failures,
        };
    }

    /// <summary>
    /// A value that comes from a parameter stands in values.yaml under the variable's name, but the template reads it under the parameter's
    /// (dotnet/aspire issue 14370); and a consumer of Redis reads a password under its own name that nobody wrote. Each template is pointed at the key
    /// that is there. To go when a chart with a password passes `helm lint` as published.
    /// </summary>
    private static void ValuesKeys(KubernetesResource service)
    {
        foreach (var (data, section) in new[] { (service.ConfigMap?.Data, "config"), (service.Secret?.StringData, "secrets") })
        {
            var own = $".Values.{section}.{service.Name.Replace('-', '_')}.";
            foreach (var (key, value) in data?.ToArray() ?? [])
            {
                data![key] = service.Name != Topology.Redis.Name && value.Contains(own + "redis_password", StringComparison.Ordinal)
                    ? value.Replace(own + "redis_password", ".Values.secrets.redis.REDIS_PASSWORD", StringComparison.Ordinal)
                    : Scalar().IsMatch(value) && value.Contains(own, StringComparison.Ordinal) ? $"{{{{ {own}{key.Replace('-', '_')} }}}}" : value;
            }
        }
    }

    /// <summary>
    /// The password's value is empty, and Redis does not start with an empty one: rendering asks for it instead. It stands inside double quotes, so
    /// the message is in back-quotes and the password must have neither double quotes nor back-slashes. To go when values are quoted by the template.
    /// </summary>
    private static void RedisPassword(KubernetesResource service)
    {
        const string Key = "secrets.redis.REDIS_PASSWORD";
        foreach (var (key, value) in service.Secret?.StringData.ToArray() ?? [])
            service.Secret!.StringData[key] = value.Replace($".Values.{Key}", $"required `set {Key}` .Values.{Key}", StringComparison.Ordinal);
    }

    /// <summary>A StatefulSet gets "maxUnavailable: 0" and no serviceName; the API server refuses both. To go when one is published with a serviceName.</summary>
    private static void StatefulSets(KubernetesResource service)
    {
        if (service.Workload is not StatefulSet set) return;
        set.Spec.ServiceName = service.Service!.Metadata.Name;
        set.Spec.UpdateStrategy.RollingUpdate = null!;
        set.Spec.PersistentVolumeClaimRetentionPolicy = null!;
    }

    [GeneratedRegex(@"^\{\{ [^{}|]+ \}\}$")]
    private static partial Regex Scalar();
}
