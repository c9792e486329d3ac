using System.Text.Json.Serialization;

namespace Aviator.Core.Steering;

/// <summary>
/// What the leading controller has a node's kernel do: every Service that is routed there, whole, as that node's clients may use it.
/// The body of <c>PUT /steering</c> to the node's agent. An order replaces the one before, and stands for as long as it is repeated.
/// </summary>
public sealed record SteeringOrder
{
    /// <summary>The version of this format that the code at hand reads and writes.</summary>
    public const int CurrentFormatVersion = 1;

    /// <summary>The format's version; an agent refuses one that it does not know.</summary>
    public required int FormatVersion { get; init; }

    /// <summary>The node that it is for; an agent refuses another node's.</summary>
    public required string Node { get; init; }

    /// <summary>The leader's term: an agent refuses an order of an earlier term than one it has seen.</summary>
    public required long Term { get; init; }

    /// <summary>Grows within a term with each order, so that one that was overtaken is refused.</summary>
    public required long Sequence { get; init; }

    /// <summary>At most <see cref="SteeringLimits.Services"/>.</summary>
    public required IReadOnlyList<KernelService> Services { get; init; }
}

/// <summary>A Service whose new connections the kernel gives to endpoints.</summary>
public sealed record KernelService
{
    /// <summary>The Service's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>The Service's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its ClusterIPs in canonical text form: one, or one of each family.</summary>
    public required IReadOnlyList<string> ClusterIps { get; init; }

    /// <summary>How old the last order may be, in seconds, before connections pass untouched and kube-proxy chooses.</summary>
    public required double FailOpenAfterSeconds { get; init; }

    /// <summary>
    /// Whether idle connections to its endpoints of weight 0 are closed. An agent that does not know this leaves them, as by default.
    /// </summary>
    public bool CloseIdle { get; init; }

    /// <summary>
    /// Whether idle connections are closed, a few per minute, while endpoints that joined have far fewer than their share. An agent that
    /// does not know this leaves them, as by default.
    /// </summary>
    public bool Rebalance { get; init; }

    /// <summary>
    /// The labels of its pods, where the pods themselves say which of them are ready: Kubernetes' own EndpointSlices of it are empty, or
    /// about to be. Null: those slices say it. An agent that does not know this finds no ready endpoint in them, and lets connections pass.
    /// </summary>
    public IReadOnlyDictionary<string, string>? PodSelector { get; init; }

    /// <summary>Its TCP ports.</summary>
    public required IReadOnlyList<KernelPort> Ports { get; init; }
}

/// <summary>One port of a Service and who answers there.</summary>
public sealed record KernelPort
{
    /// <summary>The Service's port, as clients name it.</summary>
    public required int Port { get; init; }

    /// <summary>
    /// At most <see cref="SteeringLimits.Endpoints"/>; with none, or none of positive weight, connections pass untouched.
    /// </summary>
    public required IReadOnlyList<KernelEndpoint> Endpoints { get; init; }
}

/// <summary>One pod's address and port.</summary>
public sealed record KernelEndpoint
{
    /// <summary>The pod's address in canonical text form; of the family of the ClusterIP that it serves.</summary>
    public required string Address { get; init; }

    /// <summary>The pod's port.</summary>
    public required int Port { get; init; }

    /// <summary>Its share beside the others, from 0 (gets no new connection) to 1 (a full share).</summary>
    public required double Weight { get; init; }

    /// <summary>Requests in flight there when its node last reported.</summary>
    public required int InFlight { get; init; }

    /// <summary>
    /// Whether <see cref="InFlight"/> is the middle endpoint's, because its own is not known or says nothing (it fails at once). Agents
    /// that do not know this take it for its own.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool StandsIn { get; init; }

    /// <summary>
    /// Whether it is of the policy's canary: a connection goes to the canary or to the others by their weights alone, and then to the less
    /// loaded of two endpoints there. Agents that do not know this choose among all, and give either about what it weighs.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Canary { get; init; }
}

/// <summary>An agent's answer to an order.</summary>
public sealed record SteeringAnswer
{
    /// <summary>The answering node.</summary>
    public required string Node { get; init; }

    /// <summary>
    /// Whether this node's kernel carries the order out: a real connect from a pod's control group has been seen to be given.
    /// </summary>
    public required bool Steering { get; init; }

    /// <summary>Why not, or what is wrong, in a sentence; empty when all is well.</summary>
    public required string Reason { get; init; }

    /// <summary>Why idle connections are not closed although the order asks for it, in a sentence; null when they are.</summary>
    public string? NotClosing { get; init; }

    /// <summary>Connects per Service since the agent started.</summary>
    public required IReadOnlyList<KernelServiceCounts> Services { get; init; }
}

/// <summary>What became of the connects to one Service on one node. Counters only grow.</summary>
public sealed record KernelServiceCounts
{
    /// <summary>The Service's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>The Service's name.</summary>
    public required string Name { get; init; }

    /// <summary>Connects that the kernel gave to an endpoint.</summary>
    public required long Steered { get; init; }

    /// <summary>Connects that passed untouched, because the order was old or there was nobody to choose.</summary>
    public required long Passed { get; init; }

    /// <summary>Idle connections that were closed, because their endpoint was out of use or had more than its share.</summary>
    public long Closed { get; init; }
}

/// <summary>How much one node's kernel holds.</summary>
public static class SteeringLimits
{
    /// <summary>Services of an order.</summary>
    public const int Services = 4096;

    /// <summary>Endpoints of one port of a Service.</summary>
    public const int Endpoints = 5000;
}
