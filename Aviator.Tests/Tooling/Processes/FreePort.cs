using System.Net;
using System.Net.Sockets;

namespace Aviator.Tests.Tooling.Processes;

/// <summary>For programs that do not say which port they took, so that they cannot be left to choose.</summary>
internal static class FreePort
{
    /// <summary>A TCP port of the loopback address that nobody listens on at this moment.</summary>
    public static int Find()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
