using System.Runtime.CompilerServices;
using System.Text.Json;
using Aviator.Controller.Cluster;
using Aviator.Controller.Readers;
using Aviator.Core.Slices;
using Aviator.Kubernetes;

namespace Aviator.Cli.Check;

/// <summary>
/// The HorizontalPodAutoscalers over a Service's pods. One on CPU or memory alone averages over pods that get nothing as well, takes pods
/// away for that, and does not choose which (docs/autoscaling.md).
/// </summary>
internal static class AutoscalerCheck
{
    /// <summary>Longer bases of a generated name are cut.</summary>
    private const int LongestBase = 58;

    private const int PageSize = 500;

    private const string Link = "autoscaling.md#the-spiral-and-how-to-avoid-it";

    private static readonly string[] Versions = ["v2", "v2beta2"];

    private static readonly string[] HashLabels = ["pod-template-hash", "rollouts-pod-template-hash"];

    /// <summary>Looks.</summary>
    /// <exception cref="ApiException">They may not be listed.</exception>
    public static async IAsyncEnumerable<Finding> FindAsync(
        ApiConnection api, string ns, IReadOnlyCollection<PodShape> pods, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var (name, spec) in await ListAsync(api, ns, cancellationToken))
        {
            var resources = ResourcesOf(spec);
            if (resources.Count == 0 || !pods.Any(pod => Runs(spec.Text("scaleTargetRef", "name"), pod))) continue;
            yield return Finding.Warn(
                $"autoscaler {name}",
                $"It scales by {string.Join(" and ", resources)}, which it averages over pods that get nothing too, "
                    + "and does not choose which pods it takes away.",
                "Scale by aviator_requests_per_second, or steer by routing Kernel.",
                Link);
        }
    }

    private static async Task<List<(string Name, JsonElement Spec)>> ListAsync(
        ApiConnection api, string ns, CancellationToken cancellationToken)
    {
        var found = new List<(string, JsonElement)>();
        var served = await ApiGroups.VersionsAsync(api, "autoscaling", cancellationToken);
        if (Array.Find(Versions, served.Contains) is not { } version) return found;
        var kind = new ResourceKind("autoscaling", version, "horizontalpodautoscalers");
        var client = new ResourceClient<JsonDocument>(api, kind, new ResourceScope(ns));
        string? token = null;
        do
        {
            var page = await client.ListAsync(PageSize, token, cancellationToken);
            found.AddRange(page.Items.Select(item => (item.Key.Name, item.Value.RootElement.Child("spec").Clone())));
            token = page.Continue;
        }
        while (token is not null);
        return found;
    }

    /// <summary>What it scales by, if that is nothing but resources of the pods; CPU where it names nothing.</summary>
    private static List<string> ResourcesOf(JsonElement spec)
    {
        var metrics = spec.Child("metrics").Items().ToList();
        if (metrics.Count == 0) return ["cpu"];
        var resources = metrics.ConvertAll(metric => metric.Text("type") switch
        {
            "Resource" => metric.Text("resource", "name"),
            "ContainerResource" => metric.Text("containerResource", "name"),
            _ => "",
        });
        return resources.Contains("") ? [] : [.. resources.Distinct()];
    }

    /// <summary>
    /// Whether a workload of that name runs a pod: by the names that Deployments, Rollouts and StatefulSets give. Who owns a pod would say
    /// it as well, and would have to be asked for at each.
    /// </summary>
    private static bool Runs(string workload, PodShape pod)
    {
        if (workload.Length == 0) return false;
        if (HashLabels.Select(pod.Labels.Get).FirstOrDefault(value => value is not null) is { } hash)
        {
            var prefix = $"{workload}-{hash}-";
            return pod.Name.StartsWith(prefix[..Math.Min(prefix.Length, LongestBase)], StringComparison.Ordinal);
        }

        return pod.Name.StartsWith($"{workload}-", StringComparison.Ordinal) && pod.Name[(workload.Length + 1)..].All(char.IsAsciiDigit);
    }
}
