using Aviator.Controller.Api.V1Alpha1;
using Aviator.Core.Slices;

namespace Aviator.Controller.Policies;

/// <summary>A Service, or something about it, that steering would break.</summary>
/// <param name="Reason">One word in camel case.</param>
/// <param name="Message">A sentence that says what would break and what to do.</param>
internal sealed record Obstacle(string Reason, string Message);

/// <summary>The kinds of Service that cannot be steered. Pure.</summary>
internal static class ServiceKinds
{
    /// <summary>A label of Services that kube-proxy does not serve; its value names who does.</summary>
    private const string OtherProxyLabel = "service.kubernetes.io/service-proxy-name";

    /// <summary>Why this Service cannot be steered whatever anyone allows; null when it can.</summary>
    public static Obstacle? Refuse(ServiceShape service) => service switch
    {
        { Type: "ExternalName" } => new(
            ConditionReason.ExternalName, "The Service is an ExternalName: it has no endpoints to choose from."),
        { Headless: true } => new(
            ConditionReason.Headless,
            "The Service is headless: its clients choose among the pods' addresses themselves, " +
            "and would lose those that are not selected from DNS."),
        { TwinOfName: { } source } => new(
            ConditionReason.IsTwin, $"The Service is the twin of {source}, made by Aviator: name {source} in spec.targetRef."),
        { PodSelector.Count: 0 } => new(
            ConditionReason.NoSelector,
            "The Service has no selector: its endpoints are maintained by something else, and which pods they are is not known here."),
        { PublishNotReadyAddresses: true } => new(
            ConditionReason.PublishNotReadyAddresses,
            "The Service publishes pods that are not ready (publishNotReadyAddresses), which leaving pods out contradicts."),
        { Topology: TopologyMode.Unknown } => new(
            ConditionReason.UnknownTopology,
            "The Service's trafficDistribution is not known to this version, so the hints that it needs cannot be written."),
        _ when service.Ports.All(port => port.Protocol != "TCP") => new(
            ConditionReason.NoTcpPort, "The Service has no TCP port: only TCP requests can be measured."),
        _ => null,
    };

    /// <summary>Why this Service cannot be steered by its own slices; null when it can.</summary>
    public static Obstacle? RefuseForService(ServiceShape service) => Refuse(service) ?? (service.Topology == TopologyMode.Auto
        ? new(
            ConditionReason.UnknownTopology,
            "The Service asks for topology hints by annotation (topology-mode: Auto). Kubernetes works them out from what it did " +
            "before, and stops while the Service is steered, so they cannot be known. Use spec.routing: Kernel or Shadow, which " +
            "follow its hints, or trafficDistribution instead of the annotation.")
        : null);

    /// <summary>Why the nodes' kernels cannot give connections to this Service; null when they can.</summary>
    public static Obstacle? RefuseForKernel(ServiceShape service) => service switch
    {
        { Headless: true } => new(
            ConditionReason.Headless,
            "The Service is headless: it has no ClusterIP that a kernel could replace, and its clients choose among the pods' addresses " +
            "themselves. Give it a ClusterIP, or name another Service in spec.targetRef."),
        _ when Refuse(service) is { } refused => refused,
        { SessionAffinity: true } => new(
            ConditionReason.SessionAffinity,
            "The Service has sessionAffinity: ClientIP, which a kernel does not keep: use spec.routing: Service, " +
            "or set sessionAffinity: None."),
        { ClusterIps.Count: 0 } => new(
            ConditionReason.NoClusterIP,
            "The Service has no ClusterIP that a kernel could replace: give it one, or name another Service in spec.targetRef."),
        _ when service.Labels.Get(OtherProxyLabel) is { } proxy => new(
            ConditionReason.OtherServiceProxy,
            $"The Service is left to another proxy than kube-proxy ({OtherProxyLabel}: {proxy}), past which a kernel would lead its " +
            "connections: use spec.routing: Service if that proxy reads EndpointSlices, or take the label away."),
        _ => null,
    };

    /// <summary>What a user should know although the Service can be steered; null when there is nothing.</summary>
    public static string? Warn(ServiceShape service) => service.SessionAffinity
        ? "sessionAffinity pins each client to one pod: only new clients follow a decision"
        : null;
}
