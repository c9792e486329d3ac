using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Cluster;
using Aviator.Controller.Readers;
using Aviator.Core.Slices;
using Aviator.Kubernetes;

namespace Aviator.Controller.Policies;

/// <summary>What was found before a Service is steered.</summary>
/// <param name="Obstacle">Why it must not be; null when it may.</param>
/// <param name="Warning">What a user should know; null when there is nothing.</param>
internal sealed record PreflightResult(Obstacle? Obstacle, string? Warning);

/// <summary>Looks for everything that steering would break, before and while a Service is steered.</summary>
/// <param name="cluster">The pods.</param>
/// <param name="catalog">Readers known by their own objects.</param>
internal sealed class Preflight(ClusterView cluster, ReaderCatalog catalog)
{
    /// <summary>How long a Service that is to be steered waits for what others know of it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a Service waits that is steered already: its dead pods must leave within a second, whatever state other APIs are in.
    /// </summary>
    private static readonly TimeSpan Haste = TimeSpan.FromMilliseconds(250);

    /// <summary>Looks at one Service.</summary>
    /// <param name="service">The Service.</param>
    /// <param name="allow">The value of <see cref="AviatorNames.AllowReadersAnnotation"/>; null without it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<PreflightResult> CheckAsync(ServiceShape service, string? allow, CancellationToken cancellationToken)
    {
        if (ServiceKinds.Refuse(service) is { } refused) return new(refused, null);
        var ofObjects = await OfObjectsAsync(service, cancellationToken);
        var reading = ofObjects.Where(reader => reader.Reads(service));
        return Judge(service, [.. OfPods(service), .. AnnotationReaders.Of(service), .. reading], allow);
    }

    /// <summary>
    /// Looks at a Service whose connections the nodes' kernels are to give to endpoints. Nothing of it is touched, so whoever reads its
    /// selector or Endpoints does not matter. A mesh does: its sidecars know a connection by the ClusterIP that it was made to, and one
    /// that goes to a pod's address leaves the mesh's rules, mutual TLS among them.
    /// </summary>
    /// <inheritdoc cref="CheckAsync"/>
    public PreflightResult CheckForKernel(ServiceShape service, string? allow) =>
        ServiceKinds.RefuseForKernel(service) is { } refused ? new(refused, null)
            : Judge(service, MeshOf(service) is { } mesh
                ? [MeshReader(mesh, "its sidecars know connections by the ClusterIP, which a kernel replaces before they see it")]
                : [], allow);

    private static PreflightResult Judge(ServiceShape service, List<Reader> readers, string? allow)
    {
        var allowed = (allow ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .ToHashSet(StringComparer.Ordinal);
        var standing = readers.Where(reader => !allowed.Contains("*") && !allowed.Contains(reader.Name)).ToList();
        if (standing.Where(reader => !reader.MayCope).ToList() is { Count: > 0 } broken)
            return new(new(ConditionReason.ReaderFound, Explain(broken)), null);

        var warnings = standing.Select(reader => $"{reader.Object}: {reader.Effect}")
            .Concat(readers.Except(standing).Where(reader => !reader.MayCope)
                .Select(reader => $"{reader.Object} is allowed by annotation: {reader.Effect}"))
            .Append(ServiceKinds.Warn(service)).OfType<string>().ToList();
        return new(null, warnings.Count == 0 ? null : string.Join("; ", warnings));
    }

    /// <summary>
    /// If the readers could never be listed, a new Service is not taken over; one that is steered already stays so, as it was accepted.
    /// </summary>
    private async Task<IReadOnlyList<Reader>> OfObjectsAsync(ServiceShape service, CancellationToken cancellationToken)
    {
        try
        {
            return await catalog.GetAsync(service.IsKeyed ? Haste : Patience, cancellationToken);
        }
        catch (Exception fault) when (service.IsKeyed && ReaderCatalog.CannotBeAsked(fault))
        {
            return [];
        }
    }

    /// <summary>Looks at a Service that is to get a twin and is not touched itself, so that its readers do not matter.</summary>
    public PreflightResult CheckForTwin(ServiceShape service)
    {
        if (ServiceKinds.Refuse(service) is { } refused) return new(refused, null);
        var meshed = MeshOf(service) is { } mesh
            ? $"{mesh}: the mesh's proxies balance by themselves " +
                "among the endpoints that the twin publishes"
            : null;
        var warnings = new[] { meshed, ServiceKinds.Warn(service) }.OfType<string>().ToList();
        return new(null, warnings.Count == 0 ? null : string.Join("; ", warnings));
    }

    private IEnumerable<Reader> OfPods(ServiceShape service)
    {
        if (MeshOf(service) is { } mesh) yield return MeshReader(mesh, "the mesh's proxies balance by themselves, past the Service");
        if (cluster.PodsOf(service).FirstOrDefault(pod => pod.ReadinessGates.Any(LoadBalancerReaders.IsAwsGate)) is { } gated)
            yield return LoadBalancerReaders.Gated(gated.Shape.Name);
    }

    /// <summary>The sidecar of a mesh in one of the Service's pods; null without one.</summary>
    private string? MeshOf(ServiceShape service) => cluster.PodsOf(service).FirstOrDefault(pod => pod.Mesh is not null) is { } pod
        ? $"{pod.Mesh} of pod {pod.Shape.Name}"
        : null;

    private static Reader MeshReader(string sidecar, string effect) => new(ReaderNames.Mesh, sidecar, effect, _ => true);

    private static string Explain(List<Reader> readers) =>
        $"Something else reads this Service: {string.Join("; ", readers.Select(reader => $"{reader.Object}: {reader.Effect}"))}. " +
        $"Use spec.routing: Shadow, or allow it by the annotation {AviatorNames.AllowReadersAnnotation}: " +
        $"{string.Join(',', readers.Select(reader => reader.Name).Distinct())}.";
}
