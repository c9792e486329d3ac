using Aviator.Agent.Interest;

namespace Aviator.Agent.Steering.Closing;

/// <summary>The connections of this node's clients to endpoints of which some are to be closed. One caller at a time.</summary>
internal interface IIdleConnections : IDisposable
{
    /// <summary>Follows the connections to these endpoints from now on, and to no others.</summary>
    /// <exception cref="InvalidOperationException">The kernel refused.</exception>
    void Follow(IReadOnlySet<EndpointAddress> endpoints);

    /// <summary>Finds all of them that were given to an endpoint by the connect hooks.</summary>
    /// <exception cref="InvalidOperationException">The kernel refused.</exception>
    IReadOnlyList<ClientConnection> Find();

    /// <summary>Why some of those found last could not be looked at, in a sentence; null when all could.</summary>
    string? Impairment { get; }

    /// <summary>Closes one for reading if it is between two exchanges still.</summary>
    /// <returns>Whether it was closed.</returns>
    bool TryClose(ClientConnection connection);
}

/// <summary>A connection of a client to an endpoint.</summary>
/// <param name="Id">What tells it from all others, also from a later one.</param>
/// <param name="Service">The address and port that the client asked for.</param>
/// <param name="Endpoint">The endpoint that it was given.</param>
/// <param name="Process">The client's process, or one of several that share the socket.</param>
/// <param name="Descriptor">The socket's descriptor in it.</param>
/// <param name="Idle">How long it has been between two exchanges; null while a request is in flight, or nobody knows.</param>
internal sealed record ClientConnection(
    (ulong Socket, ulong GivenNs) Id, ServiceKey Service, EndpointAddress Endpoint, uint Process, uint Descriptor, TimeSpan? Idle);
