using System.Net;
using System.Net.Sockets;
using Aviator.Core.Measurement;

namespace Aviator.Agent.Interest;

/// <summary>The fields of an AviatorPolicy that the agent uses.</summary>
/// <param name="Namespace">Namespace of the policy and of its Service.</param>
/// <param name="Name">The policy's name.</param>
/// <param name="CreatedAt">Creation time: of two policies for one endpoint the older one's probe counts.</param>
/// <param name="Service">Name of the Service to steer.</param>
/// <param name="ServicePort">Name or number of the Service port whose latency decides; null for the first TCP port.</param>
/// <param name="Source">Where the policy wants its windows from.</param>
/// <param name="ProbePort">The pod's port that a probe asks; null: the one that is measured.</param>
/// <param name="ProbePath">The path that a probe asks for.</param>
internal sealed record PolicyView(
    string Namespace, string Name, DateTimeOffset CreatedAt, string Service, string? ServicePort, LatencySource Source, int? ProbePort,
    string ProbePath)
{
    /// <summary>The inference engine whose queue it wants to know; null without one.</summary>
    public EngineView? Engine { get; init; }
}

/// <summary>A policy's inference engine.</summary>
/// <param name="Engine">Which engine it is.</param>
/// <param name="Port">The pods' port that serves its metrics; null: the one that is measured.</param>
/// <param name="Path">Their path.</param>
internal sealed record EngineView(InferenceEngine Engine, int? Port, string Path);

/// <summary>The fields of a Service that the agent uses.</summary>
/// <param name="Namespace">The Service's namespace.</param>
/// <param name="Name">The Service's name.</param>
/// <param name="Selector">Its selector as it stands, the steering key included.</param>
/// <param name="Ports">Its TCP ports in their order; at least one.</param>
/// <param name="Families">Its IP families, the primary one first; empty means both.</param>
internal sealed record ServiceView(
    string Namespace, string Name, IReadOnlyDictionary<string, string> Selector, IReadOnlyList<ServicePortView> Ports,
    IReadOnlyList<AddressFamily> Families);

/// <summary>One TCP port of a Service.</summary>
/// <param name="Name">Its name; null when it has none.</param>
/// <param name="Port">The Service's port.</param>
/// <param name="TargetPort">The pods' port, as a number or the name of a container port.</param>
internal sealed record ServicePortView(string? Name, int Port, string TargetPort);

/// <summary>The fields of a pod of this node that the agent uses.</summary>
/// <param name="Uid">The pod's UID.</param>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="Name">The pod's name.</param>
/// <param name="CreatedAt">Creation time: of two pods with one address the younger one has it.</param>
/// <param name="Addresses">Its addresses, the primary one first.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Ready">Whether its Ready condition is true.</param>
/// <param name="HostNetwork">Whether it lives in the node's own network namespace.</param>
/// <param name="NamedPorts">Its named TCP container ports.</param>
/// <param name="Mesh">What a service mesh has put into it ("Istio sidecar"); null without one.</param>
internal sealed record PodView(
    string Uid,
    string Namespace,
    string Name,
    DateTimeOffset CreatedAt,
    IReadOnlyList<IPAddress> Addresses,
    IReadOnlyDictionary<string, string> Labels,
    bool Ready,
    bool HostNetwork,
    IReadOnlyDictionary<string, int> NamedPorts,
    string? Mesh = null);
