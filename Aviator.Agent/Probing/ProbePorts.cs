using System.Net;
using System.Net.Sockets;
using Aviator.Agent.Bpf;

namespace Aviator.Agent.Probing;

/// <summary>
/// The local ports that probes come from. The kernel program knows the agent's own probes by them, so that a probe is never taken for
/// traffic: an endpoint that only the agent asks stays without traffic.
/// </summary>
internal sealed class ProbePorts
{
    private const int Attempts = 16;
    private readonly int _first;
    private readonly int _count;
    private int _next;

    /// <summary>Uses the ports from <paramref name="first"/> to <paramref name="last"/>, in turn.</summary>
    public ProbePorts(int first, int last) => (_first, _count, _next) = (first, last - first + 1, Random.Shared.Next(last - first + 1));

    /// <summary>Any port: there is no kernel program that counts.</summary>
    public static ProbePorts Any { get; } = new(0, 0);

    /// <summary>The ports that the kernel program knows.</summary>
    public static ProbePorts Kernel()
    {
        var known = new KernelCountersOptions();
        return new ProbePorts(known.ProbePortFirst, known.ProbePortLast);
    }

    /// <summary>
    /// A connection to <paramref name="remote"/>; the caller disposes it. A port still in use, by this remote or any, is passed over.
    /// </summary>
    /// <exception cref="SocketException">The endpoint refused or cannot be reached, or too many ports in a row were in use.</exception>
    public async Task<Socket> ConnectAsync(IPEndPoint remote, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var socket = new Socket(remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                Bind(socket);
                await socket.ConnectAsync(remote, cancellationToken);
                return socket;
            }
            catch (SocketException error) when (IsTaken(error) && _first > 0 && attempt < Attempts)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    private static bool IsTaken(SocketException error) =>
        error.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AddressNotAvailable;

    private void Bind(Socket socket)
    {
        if (_first == 0) return;
        var port = _first + (int)((uint)Interlocked.Increment(ref _next) % (uint)_count);
        socket.Bind(new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, port));
    }
}
