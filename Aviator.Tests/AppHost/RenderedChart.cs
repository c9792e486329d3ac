using Aviator.AppHost;
using k8s;
using k8s.Models;
using Xunit;

namespace Aviator.Tests.AppHost;

/// <summary>A chart as Helm renders it for a present-day cluster.</summary>
/// <param name="Objects">Its objects of the kinds that are compared.</param>
internal sealed record RenderedChart(IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Objects)
{
    /// <summary>The first call may fetch Helm.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private const string ComponentLabel = "app.kubernetes.io/component";

    private static readonly Dictionary<string, Type> Kinds = new()
    {
        ["apps/v1/Deployment"] = typeof(V1Deployment),
        ["apps/v1/DaemonSet"] = typeof(V1DaemonSet),
        ["rbac.authorization.k8s.io/v1/Role"] = typeof(V1Role),
        ["rbac.authorization.k8s.io/v1/ClusterRole"] = typeof(V1ClusterRole),
    };

    /// <summary>Renders the chart in <paramref name="folder"/>.</summary>
    public static async Task<RenderedChart> OfAsync(string folder, CancellationToken stop, params string[] values)
    {
        string[] settings = [.. values.SelectMany(v => new[] { "--set", v })];
        var rendered = await Tool.RunAsync(
            [Checkout.File("eng", "helm.sh"), "template", "aviator", folder, "-n", "aviator-system", "--kube-version", "1.30.0",
                "--no-hooks", .. settings],
            Limit, stop);
        return new([.. KubernetesYaml.LoadAllFromString(rendered, Kinds).OfType<IKubernetesObject<V1ObjectMeta>>()]);
    }

    /// <summary>The pod of a component's Deployment or DaemonSet.</summary>
    public V1PodSpec Pod(string component) => Assert.Single(Of(component).Select(o => o switch
    {
        V1Deployment d => d.Spec.Template.Spec,
        V1DaemonSet d => d.Spec.Template.Spec,
        _ => null,
    }).OfType<V1PodSpec>());

    /// <summary>The replicas of its Deployment; null for a DaemonSet.</summary>
    public int? Replicas(string component) => Of(component).OfType<V1Deployment>().SingleOrDefault()?.Spec.Replicas;

    /// <summary>All that its account may do, one line for each verb, whatever roles it is spread over.</summary>
    public IReadOnlyList<string> Rights(string component) =>
    [
        .. Of(component).SelectMany(o => o switch { V1Role r => r.Rules, V1ClusterRole r => r.Rules, _ => [] })
            .SelectMany(Lines).Distinct().Order(StringComparer.Ordinal),
    ];

    private static IEnumerable<string> Lines(V1PolicyRule rule) =>
        from g in rule.ApiGroups
        from r in rule.Resources
        from v in rule.Verbs
        select $"{g}/{r} {v} {string.Join(',', rule.ResourceNames ?? [])}";

    private IEnumerable<IKubernetesObject<V1ObjectMeta>> Of(string component) =>
        Objects.Where(o => o.Metadata.Labels is { } labels && labels.TryGetValue(ComponentLabel, out var found) && found == component);
}
