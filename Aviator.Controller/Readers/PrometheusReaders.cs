using System.Text.Json;
using Aviator.Core.Slices;
using Aviator.Kubernetes;

namespace Aviator.Controller.Readers;

/// <summary>
/// Prometheus, which scrapes what stands in a Service's Endpoints, empty while it is steered; or in its slices, which are not.
/// </summary>
internal static class PrometheusReaders
{
    private const string BySlices = "EndpointSlice";

    /// <summary>
    /// The operator's ServiceMonitor: it finds Services by label. Which of the two its Prometheus reads is its own field's word, else that
    /// of the Prometheus.
    /// </summary>
    /// <param name="monitor">The ServiceMonitor.</param>
    /// <param name="roles">What all Prometheus objects say.</param>
    public static Reader ServiceMonitor(ForeignObject monitor, PrometheusRoles roles)
    {
        var (selector, namespaces) = (monitor.Spec.Child("selector"), monitor.Spec.Child("namespaceSelector"));
        var any = namespaces.Child("any").ValueKind == JsonValueKind.True;
        var named = namespaces.Child("matchNames").Texts().ToHashSet(StringComparer.Ordinal);
        var role = monitor.Spec.Text("serviceDiscoveryRole");
        var byEndpoints = role.Length == 0 ? !roles.AreAllBySlices : role != BySlices;
        return new(
            ReaderNames.Prometheus,
            $"ServiceMonitor {monitor.Path}",
            "Prometheus would lose the targets, because it reads the Service's Endpoints (serviceDiscoveryRole: EndpointSlice does not)",
            service => byEndpoints && IsInScope(service.Namespace) && selector.Matches(service.Labels));

        bool IsInScope(string candidate) => any || (named.Count == 0 ? candidate == monitor.Namespace : named.Contains(candidate));
    }

    /// <summary>The annotation by which scrape configurations find a Service without any object of their own; null without it.</summary>
    public static Reader? Annotated(ServiceShape service) => service.ReaderAnnotations.Get(ReaderAnnotations.PrometheusScrape) == "true"
        ? new(
            ReaderNames.Prometheus,
            $"annotation {ReaderAnnotations.PrometheusScrape}",
            "Prometheus would lose the targets, because scrape configurations that look for it read the Service's Endpoints " +
            "(role: endpointslice does not)",
            _ => true)
        : null;

    /// <summary>What a Prometheus object says of the ServiceMonitors that do not say it themselves.</summary>
    internal static bool IsBySlices(ForeignObject prometheus) => prometheus.Spec.Text("serviceDiscoveryRole") == BySlices;
}
