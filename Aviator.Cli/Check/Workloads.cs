using Aviator.Cli.Cluster;
using Aviator.Kubernetes;
using k8s.Models;

namespace Aviator.Cli.Check;

/// <summary>What of Aviator runs in the cluster.</summary>
/// <param name="Namespace">Where: as named, else where a controller was found, else the usual one.</param>
/// <param name="Deployments">Its Deployments, by component.</param>
/// <param name="Agents">Its DaemonSets.</param>
internal sealed record Workloads(string Namespace, IReadOnlyDictionary<string, V1Deployment> Deployments, IReadOnlyList<V1DaemonSet> Agents)
{
    /// <summary>The component of the controllers.</summary>
    public const string Controller = "controller";

    private const string Component = "app.kubernetes.io/component";
    private const string Ours = $"app.kubernetes.io/name={AviatorNames.Application}";

    /// <summary>Reads them.</summary>
    /// <exception cref="ApiException">They may not be listed.</exception>
    public static async Task<Workloads> ReadAsync(ApiConnection api, string? ns, CancellationToken cancellationToken)
    {
        var scope = new ResourceScope(ns, Ours);
        var deployments = (await new ResourceClient<V1Deployment>(api, new("apps", "v1", "deployments"), scope)
            .ListAsync(200, null, cancellationToken)).Items;
        var agents = (await new ResourceClient<V1DaemonSet>(api, new("apps", "v1", "daemonsets"), scope)
            .ListAsync(200, null, cancellationToken)).Items;
        var controller = deployments.FirstOrDefault(item => Of(item.Value.Metadata) == Controller);
        var where = ns ?? controller?.Key.Namespace ?? (agents.Count > 0 ? agents[0].Key.Namespace : SystemNamespace.Default);
        return new(
            where,
            deployments.Where(item => item.Key.Namespace == where).GroupBy(item => Of(item.Value.Metadata))
                .ToDictionary(group => group.Key, group => group.First().Value, StringComparer.Ordinal),
            [.. agents.Where(item => item.Key.Namespace == where && Of(item.Value.Metadata) == "agent").Select(item => item.Value)]);
    }

    /// <summary>Whether there is a controller.</summary>
    public bool AreInstalled => Deployments.ContainsKey(Controller);

    private static string Of(V1ObjectMeta metadata) => metadata.Labels?.TryGetValue(Component, out var value) == true ? value : "";
}
