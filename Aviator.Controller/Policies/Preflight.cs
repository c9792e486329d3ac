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

    /// <summary>
    /// How long a Service waits that kernels steer and that no mesh is known of: less than its orders take to grow old, so that another
    /// API that hangs does not end its steering when a controller starts.
    /// </summary>
    private static readonly TimeSpan Glance = TimeSpan.FromSeconds(2);

    /// <summary>Objects that a sentence names.</summary>
    private const int Named = 3;

    /// <summary>Looks at one Service.</summary>
    /// <param name="service">The Service.</param>
    /// <param name="allow">The value of <see cref="AviatorNames.AllowReadersAnnotation"/>; null without it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<PreflightResult> CheckAsync(ServiceShape service, string? allow, CancellationToken cancellationToken) =>
        ServiceKinds.RefuseForService(service) is { } refused
            ? new(refused, null)
            : Judge(service, await ReadersOfAsync(service, cancellationToken), allow, ServiceKinds.RefuseForKernel(service) is null);

    /// <summary>
    /// Looks at a Service that is to be steered by slices and by the nodes' kernels at once: what either would break. Readers come first,
    /// because a routing that is recommended for the Service's kind must not be one that they rule out. What is in a kernel's way alone (a
    /// waypoint) is among them.
    /// </summary>
    /// <inheritdoc cref="CheckAsync"/>
    public async Task<PreflightResult> CheckForBothAsync(ServiceShape service, string? allow, CancellationToken cancellationToken)
    {
        var ofKernel = ServiceKinds.RefuseForKernel(service);
        if (ServiceKinds.RefuseForService(service) is { } refused) return new(ofKernel ?? refused, null);
        var judged = Judge(service, await ReadersOfAsync(service, cancellationToken), allow, isKernelOpen: ofKernel is null);
        return judged.Obstacle is null && ofKernel is not null ? new(ofKernel, null) : judged;
    }

    private async Task<List<Reader>> ReadersOfAsync(ServiceShape service, CancellationToken cancellationToken)
    {
        var ofObjects = await OfObjectsAsync(service, cancellationToken);
        return [.. OfPods(service), .. AnnotationReaders.Of(service), .. ofObjects.Where(reader => reader.Reads(service))];
    }

    /// <summary>
    /// Looks at a Service whose connections the nodes' kernels are to give to endpoints. Nothing of it is touched, so whoever reads its
    /// selector or Endpoints does not matter. What knows a connection by the ClusterIP that it was made to does: a sidecar, or a waypoint,
    /// whose rules (mutual TLS, authorization) a connection to a pod's address leaves. A gateway that connects to pods by itself is passed
    /// by: nothing breaks, and nothing is steered there, which a user should know.
    /// </summary>
    /// <inheritdoc cref="CheckAsync"/>
    public async Task<PreflightResult> CheckForKernelAsync(ServiceShape service, string? allow, CancellationToken cancellationToken)
    {
        if (ServiceKinds.RefuseForKernel(service) is { } refused) return new(refused, null);
        var readers = new List<Reader>();
        if (SidecarOf(service) is { } sidecar)
            readers.Add(MeshReaders.Sidecar(sidecar, "it knows connections by the ClusterIP, which a kernel replaces before it sees them"));
        if (MeshReaders.ServiceWaypoint(service) is { } waypoint) readers.Add(waypoint);
        readers.AddRange((await OfObjectsForKernelAsync(service, cancellationToken)).Where(reader => reader.Reads(service)));
        return Judge(service, readers, allow, isKernelOpen: false);
    }

    private static PreflightResult Judge(ServiceShape service, List<Reader> readers, string? allow, bool isKernelOpen)
    {
        var allowed = (allow ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .ToHashSet(StringComparer.Ordinal);
        var standing = readers.Where(reader => !allowed.Contains("*") && !allowed.Contains(reader.Name)).ToList();
        if (standing.Where(reader => !reader.MayCope).ToList() is { Count: > 0 } broken)
            return new(new(ConditionReason.ReaderFound, Explain(broken, isKernelOpen)), null);

        var warnings = Describe(standing, "")
            .Concat(Describe(readers.Except(standing).Where(reader => !reader.MayCope), " is allowed by annotation"))
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

    /// <summary>
    /// What the labels of namespaces say, and routes of gateways. Where they cannot be read, that holds up no Service but one that is known
    /// to be in an ambient mesh: a waypoint may stand before it.
    /// </summary>
    private async Task<IEnumerable<Reader>> OfObjectsForKernelAsync(ServiceShape service, CancellationToken cancellationToken)
    {
        var ambient = service.Labels.Get(Meshes.IstioWaypoint) == "none" ? null : AmbientPodOf(service);
        try
        {
            var patience = catalog.IsKnown ? Haste : ambient is null ? Glance : Patience;
            var readers = await catalog.GetAsync(patience, cancellationToken);
            if (ambient is null || catalog.Sees(ReaderKinds.Waypoints)) return readers.Select(ForKernel).OfType<Reader>();
        }
        catch (Exception fault) when (ReaderCatalog.CannotBeAsked(fault))
        {
            if (ambient is null) return [];
        }

        return [MeshReaders.UnseenWaypoint(ambient)];
    }

    /// <summary>The reader as it matters where kernels alone steer; null where it does not.</summary>
    private static Reader? ForKernel(Reader reader) => reader switch
    {
        { MattersToKernel: true } => reader,
        { PastKernel: { } effect } => reader with { Effect = effect, MayCope = true },
        _ => null,
    };

    /// <summary>Looks at a Service that is to get a twin and is not touched itself, so that its readers do not matter.</summary>
    public PreflightResult CheckForTwin(ServiceShape service)
    {
        if (ServiceKinds.Refuse(service) is { } refused) return new(refused, null);
        string?[] warnings =
        [
            SidecarOf(service) is { } sidecar
                ? $"{sidecar}: the mesh's proxies balance by themselves among the endpoints that the twin publishes"
                : null,
            Ambient(service) is { } ambient
                ? $"{ambient.Object}: clients in the ambient mesh use every ready pod that the twin's slices list, selected or not"
                : null,
            ServiceKinds.Warn(service),
        ];
        return new(null, string.Join("; ", warnings.OfType<string>()) is { Length: > 0 } warning ? warning : null);
    }

    private IEnumerable<Reader> OfPods(ServiceShape service)
    {
        if (SidecarOf(service) is { } sidecar)
            yield return MeshReaders.Sidecar(sidecar, "the mesh's proxies balance by themselves, past the Service");
        if (Ambient(service) is { } ambient) yield return ambient;
        if (MeshReaders.ServiceWaypoint(service) is { } waypoint) yield return waypoint;
        if (cluster.PodsOf(service).FirstOrDefault(pod => pod.ReadinessGates.Any(LoadBalancerReaders.IsAwsGate)) is { } gated)
            yield return LoadBalancerReaders.Gated(gated.Shape.Name);
    }

    /// <summary>The sidecar of a mesh in one of the Service's pods; null without one.</summary>
    private string? SidecarOf(ServiceShape service) => cluster.PodsOf(service).FirstOrDefault(pod => pod.Mesh is not null) is { } pod
        ? $"{pod.Mesh} of pod {pod.Shape.Name}"
        : null;

    /// <summary>Istio's ambient mesh, by the Service's own pods or else by any that may be a client; null while none is in it.</summary>
    private Reader? Ambient(ServiceShape service) => AmbientPodOf(service) is { } own ? MeshReaders.AmbientPod(own)
        : cluster.AmbientNamespace is { } ns ? MeshReaders.AmbientClients(ns)
        : null;

    private string? AmbientPodOf(ServiceShape service) => cluster.PodsOf(service).FirstOrDefault(pod => pod.Ambient)?.Shape.Name;

    private static string Explain(List<Reader> readers, bool isKernelOpen) =>
        $"Something else reads this Service: {string.Join("; ", Describe(readers, ""))}. " +
        $"Use spec.routing: {(isKernelOpen && !readers.Exists(reader => reader.MattersToKernel) ? "Kernel or " : "")}Shadow, " +
        $"or allow it by the annotation {AviatorNames.AllowReadersAnnotation}: " +
        $"{string.Join(',', readers.Select(reader => reader.Name).Distinct())}.";

    /// <summary>One sentence for each effect: what many objects say alike is said once, and names a few of them.</summary>
    private static IEnumerable<string> Describe(IEnumerable<Reader> readers, string how) => readers.GroupBy(reader => reader.Effect)
        .Select(alike =>
        {
            var objects = alike.Select(reader => reader.Object).ToList();
            var more = objects.Count > Named ? $" and {objects.Count - Named} more" : "";
            return $"{string.Join(", ", objects.Take(Named))}{more}{how}: {alike.Key}";
        });
}
