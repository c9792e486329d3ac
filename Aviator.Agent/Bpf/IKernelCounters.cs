using System.Net;
using Aviator.Core.Measurement;

namespace Aviator.Agent.Bpf;

/// <summary>What the kernel counts of the endpoints of interest. Thread-safe.</summary>
public interface IKernelCounters : IDisposable
{
    /// <summary>The hooks in use, for people: "sockops+cgroup_skb".</summary>
    string Hooks { get; }

    /// <summary>How many endpoints can be measured at once.</summary>
    int MaxEndpoints { get; }

    /// <summary>
    /// Measures connections accepted by these endpoints from now on, and no others; counters of endpoints left out are removed.
    /// Connections that exist already are taken up from their next request on, where the kernel and the agent's rights allow it.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// More than <see cref="MaxEndpoints"/>, or the kernel refused the change.
    /// </exception>
    void SetEndpoints(IReadOnlyCollection<IPEndPoint> endpoints);

    /// <summary>
    /// The node's own addresses: requests of the kubelet's probes and of the agent's own that come from them are counted apart.
    /// </summary>
    /// <exception cref="InvalidOperationException">The kernel refused the change.</exception>
    void SetNodeAddresses(IReadOnlyCollection<IPAddress> addresses);

    /// <summary>The counters and the present state of every endpoint of interest.</summary>
    /// <exception cref="InvalidOperationException">The kernel refused the read.</exception>
    IReadOnlyList<KernelEndpointCounters> Read();

    /// <summary>How well the measuring itself works.</summary>
    KernelHealth Health();

    /// <summary>Makes one request of its own on loopback and tells whether it was counted: do the hooks still fire?</summary>
    bool IsFlowing();
}

/// <summary>One endpoint as the kernel sees it.</summary>
/// <param name="Address">The local address of the sockets that accepted; v4-mapped ones as IPv4.</param>
/// <param name="Port">Their local port.</param>
/// <param name="Traffic">Counters that only grow while the address stays of interest.</param>
/// <param name="Rif">
/// Requests in flight now, those whose answer is under way included; those that have waited for longer than
/// <see cref="KernelCountersOptions.MaxInFlightAge"/> are left out.
/// </param>
/// <param name="OldestInFlight">How long the oldest of them without an answer has waited; zero without one.</param>
/// <param name="NetworkRtt">Median of TCP's smoothed round-trip times of the live connections; null without any.</param>
public sealed record KernelEndpointCounters(
    IPAddress Address, int Port, EndpointCounters Traffic, long Rif, TimeSpan OldestInFlight, TimeSpan? NetworkRtt)
{
    /// <summary>Requests of the kubelet's HTTP probes; nowhere else counted.</summary>
    public long NodeProbes { get; init; }

    /// <summary>Requests of the agent's own probes; nowhere else counted.</summary>
    public long OwnProbes { get; init; }

    /// <summary>Of <see cref="Rif"/>, those whose answer has begun and is not over: streams and long downloads.</summary>
    public long AnswersUnderWay { get; init; }

    /// <summary>Of <see cref="Rif"/>, those without an answer.</summary>
    public long Waiting => Rif - AnswersUnderWay;

    /// <summary>Live connections.</summary>
    public int Connections { get; init; }
}

/// <summary>One set of hooks that was tried.</summary>
/// <param name="Hooks">Its name.</param>
/// <param name="Failure">Why it is not in use; null when it is.</param>
public sealed record HookAttempt(string Hooks, string? Failure);

/// <summary>How well the measuring itself works. Counts only grow.</summary>
public sealed record KernelHealth
{
    /// <summary>The hooks in use.</summary>
    public required string Hooks { get; init; }

    /// <summary>Every set of hooks that was tried at the start, in order; the last one is in use.</summary>
    public required IReadOnlyList<HookAttempt> Tried { get; init; }

    /// <summary>Whether what every measured connection has in flight can be read.</summary>
    public required bool CanReadInFlight { get; init; }

    /// <summary>
    /// The walk for connections that are not in the table of live ones (taken up while they lived, or the table was full), by the kernel's
    /// name of the iterator; null: none works here, or the hooks in use need none.
    /// </summary>
    public string? Walk { get; init; }

    /// <summary>Measured connections that found no room in the table of live ones: only the walk shows what they have in flight.</summary>
    public long ConnectionsWithoutRow { get; init; }

    /// <summary>Whether connections that existed before their address became of interest can be taken up; false once it failed.</summary>
    public bool CanAdopt { get; init; }

    /// <summary>Connections of endpoints of interest.</summary>
    public required long Accepted { get; init; }

    /// <summary>Connections not measured because there was no room for their state.</summary>
    public required long ConnectionsWithoutState { get; init; }

    /// <summary>Connections not measured because there was no room for their endpoint's counters.</summary>
    public required long ConnectionsWithoutEndpoint { get; init; }

    /// <summary>Answers without a request: pipelined requests, or an event was lost.</summary>
    public required long Unmatched { get; init; }

    /// <summary>Runs that the kernel left out because a program was running already on that CPU: lost events.</summary>
    public required long RecursionMisses { get; init; }

    /// <summary>Events known to be lost.</summary>
    public long KnownLoss => ConnectionsWithoutState + ConnectionsWithoutEndpoint + RecursionMisses;
}
