using System.Net;
using Aviator.Agent.Bpf;
using Aviator.Agent.Interest;
using Aviator.Agent.Steering.Closing;

namespace Aviator.Agent.Steering;

/// <summary>
/// The kernel's table of Services and the endpoints behind them, which its connect hooks choose from. Thread-safe. The table outlives the
/// process; without <see cref="Beat"/> the hooks let every connect pass untouched.
/// </summary>
internal interface IConnectTable : IDisposable
{
    /// <summary>
    /// Makes the table hold just these; an entry that stays the same is not disturbed, and one that changes does so at once.
    /// </summary>
    /// <remarks>
    /// Every call is a new report of what is in flight: it replaces what the kernel has added since the one before. So once per order.
    /// </remarks>
    /// <exception cref="InvalidOperationException">There are too many, or the kernel refused; what was there before stays.</exception>
    /// <exception cref="ArgumentException">An address and port is given twice, or a value is out of its range; nothing changes.</exception>
    void Apply(IReadOnlyCollection<ConnectService> services);

    /// <summary>
    /// The order that the table carries out is this old: connects are given to endpoints until it is too old for the Service.
    /// </summary>
    void Beat(TimeSpan age);

    /// <summary>Makes one connect of its own from a pod's control group, or one below the root, and tells whether it was given.</summary>
    bool IsGiving();

    /// <summary>Connects per Service address.</summary>
    IReadOnlyList<ConnectCounts> Read();

    /// <summary>Connections that this node's clients have open to each endpoint in the table, whatever Service they asked for.</summary>
    IReadOnlyDictionary<EndpointAddress, int> ReadOpen();

    /// <summary>Begins to follow the connections that the hooks gave, of which none is named yet; the caller owns it.</summary>
    /// <exception cref="BpfUnavailableException">It cannot be done here; the message says why.</exception>
    IIdleConnections FollowConnections();

    /// <summary>Takes programs and table out of the kernel, pins included: nothing is left.</summary>
    void Remove();
}

/// <summary>One address and port of a Service and the endpoints behind it.</summary>
/// <param name="Address">The ClusterIP.</param>
/// <param name="Port">The Service's port; TCP.</param>
/// <param name="FailOpenAfter">From this age of the order on, connects pass untouched.</param>
/// <param name="Endpoints">Who may be given; none of positive weight: connects pass.</param>
internal sealed record ConnectService(
    IPAddress Address, int Port, TimeSpan FailOpenAfter, IReadOnlyList<ConnectEndpoint> Endpoints);

/// <summary>One pod's address.</summary>
/// <param name="Address">Of the same family as the ClusterIP.</param>
/// <param name="Port">The pod's port.</param>
/// <param name="Weight">From 0 to 1.</param>
/// <param name="InFlight">Requests in flight there by its node's last report; what this node has open is counted by the kernel.</param>
/// <param name="StandsIn">Whether that is another's figure, which stands in for its own.</param>
/// <param name="Canary">Whether it is of the new version: connects go to a version by weight alone, then to one of its endpoints.</param>
internal sealed record ConnectEndpoint(
    IPAddress Address, int Port, double Weight, int InFlight, bool StandsIn = false, bool Canary = false);

/// <summary>What became of the connects to one address and port; counters only grow while it stays in the table.</summary>
/// <param name="Address">The ClusterIP.</param>
/// <param name="Port">The Service's port.</param>
/// <param name="Steered">Given to an endpoint.</param>
/// <param name="Passed">Passed untouched: the order was old, or there was nobody to choose.</param>
internal sealed record ConnectCounts(IPAddress Address, int Port, long Steered, long Passed);
