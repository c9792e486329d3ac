using System.Net;
using Aviator.Core.Measurement;

namespace Aviator.Agent.Interest;

/// <summary>A socket address that accepts connections: the key of everything the agent counts.</summary>
internal readonly record struct EndpointAddress(IPAddress Address, int Port)
{
    /// <summary>
    /// The key with a v4-mapped address written as IPv4, so that a server listening on <c>::</c> meets its pod's address.
    /// </summary>
    public static EndpointAddress Of(IPAddress address, int port) => new(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port);
}

/// <summary>How to probe an endpoint.</summary>
/// <param name="Port">The pod's port that the probe asks; not always the one that is measured.</param>
/// <param name="Path">Path and query of the request.</param>
/// <param name="Always">Whether to probe also while there is traffic, because the policy wants the probe as its source.</param>
internal sealed record ProbeTarget(int Port, string Path, bool Always);

/// <summary>How to ask an endpoint's inference engine for its figures.</summary>
/// <param name="Engine">Which engine it is.</param>
/// <param name="Port">The pod's port that serves its metrics; not always the one that is measured.</param>
/// <param name="Path">Path and query of the request.</param>
internal sealed record EngineTarget(InferenceEngine Engine, int Port, string Path);

/// <summary>One endpoint on this node that a policy wants measured: one pod address and port.</summary>
/// <param name="Key">Address and port of the pod's listening socket.</param>
/// <param name="PodUid">The pod's UID: an address is reused, a UID is not.</param>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="Pod">The pod's name.</param>
/// <param name="Ready">Whether the pod is ready; one that is not gets no probes.</param>
/// <param name="Probe">
/// The probe that speaks for this endpoint; null where another row of the pod carries it, so it is never counted twice.
/// </param>
internal sealed record EndpointInterest(EndpointAddress Key, string PodUid, string Namespace, string Pod, bool Ready, ProbeTarget? Probe)
{
    /// <summary>Its inference engine; null where no policy wants it asked, and on a pod's rows that do not carry its probe.</summary>
    public EngineTarget? Engine { get; init; }
}

/// <summary>A pod that a policy wants measured and that cannot be.</summary>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="Pod">The pod's name.</param>
/// <param name="Reason">Why not, as a sentence's end.</param>
internal sealed record UnmeasurablePod(string Namespace, string Pod, string Reason);

/// <summary>What this node's agent has to know.</summary>
/// <param name="Endpoints">One row per address and port, each key once, in a fixed order.</param>
/// <param name="Unmeasurable">Pods that are wanted and left out, with the reason.</param>
internal sealed record InterestPlan(IReadOnlyList<EndpointInterest> Endpoints, IReadOnlyList<UnmeasurablePod> Unmeasurable)
{
    /// <summary>Nothing to measure.</summary>
    public static InterestPlan Empty { get; } = new([], []);

    /// <summary>A pod of this node that belongs to a service mesh, and what shows it ("Istio sidecar"); null without one.</summary>
    public (string Pod, string Mesh)? Meshed { get; init; }

    /// <summary>Whether both say the same; as records they compare their lists by reference.</summary>
    public bool SameAs(InterestPlan other) => Endpoints.SequenceEqual(other.Endpoints)
        && Unmeasurable.SequenceEqual(other.Unmeasurable) && Meshed == other.Meshed;
}
