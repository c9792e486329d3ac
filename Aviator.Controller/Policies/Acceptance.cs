using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Cluster;
using Aviator.Controller.Collection;
using Aviator.Controller.Readers;
using Aviator.Controller.Status;
using Aviator.Core.Slices;
using Aviator.Kubernetes;

namespace Aviator.Controller.Policies;

/// <summary>Whether a policy can be carried out on its Service.</summary>
/// <param name="Accepted">The condition.</param>
/// <param name="LookAgainAfter">When to judge again, if something mattered that is not watched.</param>
internal sealed record AcceptanceVerdict(ConditionValue Accepted, TimeSpan? LookAgainAfter = null);

/// <summary>Judges whether a policy can be carried out.</summary>
/// <param name="preflight">Looks for what steering would break.</param>
/// <param name="cluster">The twins, and the Services that have a twin's name.</param>
/// <param name="probes">Whose probe a pod gets.</param>
internal sealed class Acceptance(Preflight preflight, ClusterView cluster, ProbeClaims probes)
{
    /// <summary>When a policy is judged again whose probe another one stands against: a change of that one is not watched for it.</summary>
    private static readonly TimeSpan ProbeReview = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Judges the policy that has the Service. A policy that only observes breaks nothing, so only what it must see is demanded.
    /// </summary>
    public async Task<AcceptanceVerdict> JudgeAsync(
        AviatorPolicy policy, PolicyTerms terms, ServiceShape? service, CancellationToken cancellationToken)
    {
        if (service is null or { Deleting: true })
            return No(
                ConditionReason.ServiceNotFound,
                $"There is no Service {terms.ServiceName} in namespace {policy.Metadata.NamespaceProperty}.");
        if (MeasuredEndpoints.DecidingPort(service, terms.Port) is null)
            return No(ConditionReason.PortNotFound, ExplainPort(service, terms.Port));
        if (probes.Conflict(policy, terms, service) is { } conflict)
            return No(ConditionReason.ProbeConflict, conflict) with { LookAgainAfter = ProbeReview };
        if (terms.Mode == PolicyMode.Observe) return JudgeObserver(service);
        if (terms.Routing == PolicyRouting.Shadow) return JudgeShadow(service);

        var allow = policy.Metadata.Annotations?.TryGetValue(AviatorNames.AllowReadersAnnotation, out var value) == true ? value : null;
        if (terms.Routing == PolicyRouting.Kernel) return await JudgeKernelAsync(service, allow, cancellationToken);

        var found = terms.Routing == PolicyRouting.KernelAndService
            ? await preflight.CheckForBothAsync(service, allow, cancellationToken)
            : await preflight.CheckAsync(service, allow, cancellationToken);
        return found.Obstacle is { } obstacle
            ? No(obstacle.Reason, obstacle.Message) with { LookAgainAfter = ReaderCatalog.Lifetime }
            : Yes(Join(found.Warning, LeftTwin(service)), ReaderCatalog.Lifetime);
    }

    /// <summary>Why a policy that does not have its Service does not.</summary>
    public static ConditionValue Rejection(AviatorPolicy policy, AviatorPolicy? owner)
    {
        if (SpecReader.Read(policy.Spec, out var faults) is null)
            return new(false, ConditionReason.InvalidSpec, string.Join("; ", faults) + ".");
        return new(
            false, ConditionReason.Conflict,
            $"Service {policy.Spec.TargetRef.Name} belongs to the older policy {owner?.Metadata.Name}: at most one policy per Service.");
    }

    private static AcceptanceVerdict JudgeObserver(ServiceShape service) => ServiceKinds.Refuse(service) switch
    {
        { Reason: ConditionReason.ExternalName or ConditionReason.NoSelector or ConditionReason.NoTcpPort } blind =>
            No(blind.Reason, blind.Message),
        _ => Yes(null, null),
    };

    /// <summary>
    /// The Service's selector and Endpoints are not touched, so their readers do not matter. The twin's name must be free.
    /// </summary>
    private AcceptanceVerdict JudgeShadow(ServiceShape service)
    {
        var twin = TwinNames.ForService(service.Name);
        if (cluster.Services.Find(new(service.Namespace, twin)) is { } found && found.TwinOfName != service.Name)
        {
            return No(
                ConditionReason.TwinNameTaken,
                $"Service {twin} exists and was not made by Aviator, which leaves it alone: delete it, or keep it under another name, " +
                $"to free the name for the twin of {service.Name}.");
        }

        var judged = preflight.CheckForTwin(service);
        return judged.Obstacle is { } obstacle ? No(obstacle.Reason, obstacle.Message) : Yes(judged.Warning, null);
    }

    private async Task<AcceptanceVerdict> JudgeKernelAsync(ServiceShape service, string? allow, CancellationToken cancellationToken)
    {
        var judged = await preflight.CheckForKernelAsync(service, allow, cancellationToken);
        return judged.Obstacle is { } obstacle
            ? No(obstacle.Reason, obstacle.Message) with { LookAgainAfter = ReaderCatalog.Lifetime }
            : Yes(Join(judged.Warning, LeftTwin(service)), ReaderCatalog.Lifetime);
    }

    private string? LeftTwin(ServiceShape service) => cluster.TwinOf(new(service.Namespace, service.Name)) is { } twin
        ? $"Service {twin.Name}, left of spec.routing: Shadow, is served by Kubernetes alone: delete it when no client uses it"
        : null;

    /// <summary>Names the field at fault, what is wrong with it, and the ports that it may name.</summary>
    private static string ExplainPort(ServiceShape service, string? port)
    {
        var choices = service.Ports.Where(MeasuredEndpoints.IsTcp)
            .Select(tcp => tcp.Name.Length > 0 ? $"{tcp.Name} ({tcp.Port})" : $"{tcp.Port}").ToList();
        var fix = choices.Count == 0
            ? "it has no TCP port, and only TCP is measured"
            : $"use one of its TCP ports: {string.Join(", ", choices)}";
        if (port is null) return $"Service {service.Name} has no TCP port, and only TCP is measured.";
        return service.Ports.FirstOrDefault(other => MeasuredEndpoints.IsNamed(other, port)) is { } other
            ? $"spec.targetRef.port: port {port} of Service {service.Name} is {other.Protocol}, which is not measured; {fix}."
            : $"spec.targetRef.port: Service {service.Name} has no port {port}; {fix}.";
    }

    private static string? Join(string? one, string? other) => one is null || other is null ? one ?? other : $"{one}; {other}";

    private static AcceptanceVerdict Yes(string? warning, TimeSpan? again) => new(
        new(true, ConditionReason.Accepted, $"The spec can be carried out{(warning is null ? "" : $"; {warning}")}."), again);

    private static AcceptanceVerdict No(string reason, string message) => new(new(false, reason, message));
}
