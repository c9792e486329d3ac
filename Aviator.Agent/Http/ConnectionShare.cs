using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Aviator.Agent.Http;

/// <summary>
/// Lets no single address hold more than its share of the connections: a client that opens them and says nothing must not keep the kubelet
/// from the health check, whose answer decides whether the agent is restarted.
/// </summary>
internal sealed class ConnectionShare
{
    /// <summary>Connections of one address at a time. A controller and a scraper hold one or two each.</summary>
    public const int Most = 128;

    private readonly ConcurrentDictionary<IPAddress, int> _held = new();

    /// <summary>Runs <paramref name="next"/> for a connection within its address's share, and closes any other.</summary>
    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (connection.RemoteEndPoint is not IPEndPoint { Address: var address })
        {
            await next(connection);
            return;
        }

        try
        {
            if (_held.AddOrUpdate(address, 1, static (_, held) => held + 1) <= Most) await next(connection);
            else connection.Abort();
        }
        finally
        {
            // The last one takes the row along; whoever came between sees that it is no longer 0, and it stays.
            if (_held.AddOrUpdate(address, 0, static (_, held) => held - 1) == 0) _held.TryRemove(new(address, 0));
        }
    }
}
