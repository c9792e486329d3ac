using System.Text.RegularExpressions;
using Aspire.Hosting.Kubernetes;
using Aspire.Hosting.Kubernetes.Resources;

namespace Aviator.AppHost.Publishing;

/// <summary>
/// Repairs what Aspire.Hosting.Kubernetes 13.6 writes wrongly, one method per defect, each with the sign by which it can go.
/// </summary>
internal static partial class ChartDefects
{
    /// <summary>Applies all of them.</summary>
    public static void Repair(KubernetesResource service)
    {
        RedisPassword(service);
        StatefulSets(service);
    }

    /// <summary>
    /// Redis and each of its consumers read the password from a value of their own, and all are empty: it would have to be set three times,
    /// and Redis does not start with an empty one. All read Redis's, and rendering asks for it. It stands inside double quotes, so the
    /// message is in back-quotes and the password must have neither double quotes nor back-slashes. To go when a chart renders with the
    /// password set once.
    /// </summary>
    private static void RedisPassword(KubernetesResource service)
    {
        const string Key = "secrets.redis.redis_password";
        foreach (var (key, value) in service.Secret?.StringData.ToArray() ?? [])
            service.Secret!.StringData[key] = PasswordValue().Replace(value, $"required `set {Key}` .Values.{Key}");
    }

    /// <summary>A StatefulSet gets no serviceName, which API servers before 1.27 ask for. To go when one is published with it.</summary>
    private static void StatefulSets(KubernetesResource service)
    {
        if (service.Workload is StatefulSet set) set.Spec.ServiceName = service.Service!.Metadata.Name;
    }

    [GeneratedRegex(@"\.Values\.secrets\.\w+\.redis_password")]
    private static partial Regex PasswordValue();
}
