using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Kubernetes;
using Aviator.Controller.Kubernetes.Preflight;
using Aviator.Controller.Status;
using Aviator.Core.Slices;

namespace Aviator.Controller.Reconciliation;

/// <summary>Whether a policy can be carried out on its Service.</summary>
/// <param name="Accepted">The condition.</param>
/// <param name="LookAgainAfter">When to judge again, where something counted that is not watched.</param>
internal sealed record AcceptanceVerdict(ConditionValue Accepted, TimeSpan? LookAgainAfter = null);

/// <summary>Judges whether a policy can be carried out.</summary>
/// <param name="preflight">Looks for what steering would break.</param>
/// <param name="cluster">The twins, and what stands in their place.</param>
internal sealed class Acceptance(Preflight preflight, ClusterView cluster)
{
    /// <summary>Judges the policy that has the Service. A policy that only observes breaks nothing, so only what it needs to see is asked for.</summary>
    public async Task<AcceptanceVerdict> JudgeAsync(AviatorPolicy policy, PolicyTerms terms, ServiceShape? service, CancellationToken cancellationToken)
    {
        if (service is null or { Deleting: true }) return No("ServiceNotFound", $"There is no Service {terms.ServiceName} in namespace {policy.Metadata.NamespaceProperty}.");
        if (Members.Port(service, terms.Port) is null) return No("PortNotFound", $"Service {terms.ServiceName} has no {(terms.Port is null ? "TCP port" : $"port {terms.Port}")}.");
        if (terms.Mode == PolicyMode.Observe)
            return ServiceKinds.Refuse(service) is { Reason: "ExternalName" or "NoSelector" or "NoTcpPort" } blind ? No(blind.Reason, blind.Message) : Yes(null, null);
        if (terms.Routing == PolicyRouting.Shadow) return JudgeShadow(service);
        var allow = policy.Metadata.Annotations?.TryGetValue(Preflight.AllowAnnotation, out var value) == true ? value : null;
        var found = await preflight.CheckAsync(service, allow, cancellationToken);
        return found.Obstacle is { } obstacle ? No(obstacle.Reason, obstacle.Message) with { LookAgainAfter = ReaderCatalog.Lifetime } : Yes(Join(found.Warning, LeftTwin(service)), ReaderCatalog.Lifetime);
    }

    /// <summary>What reads the Service's selector or Endpoints does not matter: neither is touched. The twin's name must be free.</summary>
    private AcceptanceVerdict JudgeShadow(ServiceShape service)
    {
        var twin = TwinNames.Of(service.Name);
        if (cluster.Services.Find(new(service.Namespace, twin)) is { } found && found.TwinOfName != service.Name)
            return No("TwinNameTaken", $"Service {twin} exists and was not made by Aviator, which leaves it alone: delete it, or keep it under another name, to free the name for the twin of {service.Name}.");
        var judged = preflight.CheckForTwin(service);
        return judged.Obstacle is { } obstacle ? No(obstacle.Reason, obstacle.Message) : Yes(judged.Warning, null);
    }

    private string? LeftTwin(ServiceShape service) => cluster.TwinOf(new(service.Namespace, service.Name)) is { } twin
        ? $"Service {twin.Name}, left of spec.routing: Shadow, is served by Kubernetes alone: delete it when no client uses it"
        : null;

    private static string? Join(string? one, string? other) => one is null ? other : other is null ? one : $"{one}; {other}";

    /// <summary>Why a policy that does not have its Service does not.</summary>
    public static ConditionValue Rejection(AviatorPolicy policy, AviatorPolicy? owner)
    {
        if (SpecReader.Read(policy.Spec, out var faults) is null) return new(false, "InvalidSpec", string.Join("; ", faults) + ".");
        return new(false, "Conflict", $"Service {policy.Spec.TargetRef.Name} belongs to the older policy {owner?.Metadata.Name}; one policy a Service.");
    }

    private static AcceptanceVerdict Yes(string? warning, TimeSpan? again) =>
        new(new(true, "Accepted", warning is null ? "The spec can be carried out." : $"The spec can be carried out; {warning}."), again);

    private static AcceptanceVerdict No(string reason, string message) => new(new(false, reason, message));
}
