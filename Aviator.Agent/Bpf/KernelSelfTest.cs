using System.Net;
using System.Net.Sockets;

namespace Aviator.Agent.Bpf;

/// <summary>What came of a self-test.</summary>
/// <param name="Made">Requests answered by the test's own server.</param>
/// <param name="Counted">
/// Of these, counted in the kernel as answered requests: a hook that never sees the answer leaves its request to the connection's end.
/// </param>
/// <param name="Failure">Why the test could not be run; null when it was.</param>
internal sealed record SelfTestResult(int Made, long Counted, string? Failure)
{
    /// <summary>Every request counted, once.</summary>
    internal bool Exact => Failure is null && Made > 0 && Counted == Made;
}

/// <summary>
/// Makes requests on loopback to a server of its own and compares the counts. Each test takes a random address of 127.118.0.0/16, a block
/// that nothing else here uses, so neither other loopback traffic nor another agent's self-test at the same moment disturbs it.
/// </summary>
internal static class KernelSelfTest
{
    private const int Connections = 8;

    private static readonly byte[] Request = "GET / HTTP/1.1\r\nHost: self-test\r\n\r\n"u8.ToArray();
    private static readonly byte[] Answer = "HTTP/1.1 204 No Content\r\n\r\n"u8.ToArray();

    /// <param name="counters">The counters under test.</param>
    /// <param name="requests">How many to make.</param>
    /// <param name="limit">For all of it.</param>
    internal static SelfTestResult Run(KernelCounters counters, int requests, TimeSpan limit)
    {
        var address = RandomAddress();
        try
        {
            return counters.WithLoopback(address, read =>
            {
                using var time = new CancellationTokenSource(limit);
                var made = ExchangeAsync(address, requests, time.Token).GetAwaiter().GetResult();
                var counted = read().Where(e => e.Address.Equals(address)).Sum(e => e.Traffic.Latency.Count - e.Traffic.Unanswered);
                return new SelfTestResult(made, counted, null);
            });
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or IOException)
        {
            return new SelfTestResult(0, 0, $"the self-test on loopback failed: {e.Message}");
        }
    }

    /// <summary>Does a request show that waits on a connection which no application has accepted, as at a pod that hangs?</summary>
    internal static bool ShowsInFlight(KernelCounters counters, TimeSpan limit)
    {
        var address = RandomAddress();
        try
        {
            return counters.WithLoopback(address, read =>
            {
                using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                listener.Bind(new IPEndPoint(address, 0));
                listener.Listen(1);
                using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                client.SendTimeout = (int)limit.TotalMilliseconds;
                client.Connect(listener.LocalEndPoint!);
                client.Send(Request);
                return SpinWait.SpinUntil(() => read().Sum(e => e.Rif) == 1, limit);
            });
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Is a connection measured that is older than the interest in its address? The counters must measure loopback.</summary>
    internal static bool Adopts(KernelCounters counters)
    {
        var address = RandomAddress();
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(address, 0));
        listener.Listen(1);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        using var server = listener.Accept();
        client.SendTimeout = server.SendTimeout = server.ReceiveTimeout = 2000; // ms
        counters.SetInterest([address]);
        try
        {
            client.Send(Request);
            server.Receive(new byte[Request.Length]);
            server.Send(Answer);
            return counters.Read().Sum(e => e.Traffic.Requests) == 1;
        }
        catch (SocketException)
        {
            return false;
        }
        finally
        {
            counters.SetInterest([]);
        }
    }

    /// <summary>Of 127.118.0.0/16.</summary>
    internal static IPAddress RandomAddress() => new([127, 118, (byte)Random.Shared.Next(256), (byte)Random.Shared.Next(1, 255)]);

    private static async Task<int> ExchangeAsync(IPAddress address, int requests, CancellationToken cancellation)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(address, 0));
        listener.Listen(Connections);
        var connections = Math.Min(Connections, requests);
        var server = Enumerable.Range(0, connections).Select(_ => ServeAsync(listener, cancellation)).ToList();
        var clients = Enumerable.Range(0, connections)
            .Select(i => RequestAsync(
                listener.LocalEndPoint!, (requests / connections) + (i < requests % connections ? 1 : 0), cancellation)).ToList();
        var made = (await Task.WhenAll(clients).ConfigureAwait(false)).Sum();
        await Task.WhenAll(server).ConfigureAwait(false);
        return made;
    }

    private static async Task ServeAsync(Socket listener, CancellationToken cancellation)
    {
        using var connection = await listener.AcceptAsync(cancellation).ConfigureAwait(false);
        connection.NoDelay = true;
        var buffer = new byte[256];
        while (await connection.ReceiveAsync(buffer, cancellation).ConfigureAwait(false) > 0)
            await connection.SendAsync(Answer, cancellation).ConfigureAwait(false);
    }

    private static async Task<int> RequestAsync(EndPoint server, int requests, CancellationToken cancellation)
    {
        using var connection = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await connection.ConnectAsync(server, cancellation).ConfigureAwait(false);
        var buffer = new byte[256];
        var made = 0;
        for (var i = 0; i < requests; i++)
        {
            await connection.SendAsync(Request, cancellation).ConfigureAwait(false);
            if (await connection.ReceiveAsync(buffer, cancellation).ConfigureAwait(false) == 0) break;
            made++;
        }

        return made;
    }
}
