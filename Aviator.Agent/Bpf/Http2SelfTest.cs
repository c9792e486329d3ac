using System.Net;
using System.Net.Sockets;

namespace Aviator.Agent.Bpf;

/// <summary>Makes calls of HTTP/2 (RFC 9113) on loopback, by hand, and compares the counts.</summary>
internal static class Http2SelfTest
{
    private const int Calls = 100;
    private const int TimeoutMs = 5000;
    private const byte Status200 = 0x88; // entries of HPACK's static table
    private const byte Status500 = 0x8e;

    private static readonly byte[] Settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    private static readonly byte[] Preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Settings];

    /// <summary>
    /// Are all calls measured that one connection has under way at once? Half of them fail by <c>:status</c>, the others are answered.
    /// </summary>
    internal static bool IsMeasured(KernelCounters counters)
    {
        var address = KernelSelfTest.RandomAddress();
        try
        {
            return counters.WithLoopback(address, read =>
            {
                Exchange(address, () => read().Sum(e => e.Rif) == Calls);
                var seen = read().Single(e => e.Address.Equals(address));
                return seen is { Rif: 0, Traffic: { Requests: Calls, ServerErrors: Calls / 2, Unanswered: 0, Unmeasured: 0 } };
            });
        }
        catch (Exception e) when (e is SocketException or InvalidOperationException)
        {
            return false;
        }
    }

    private static void Exchange(IPAddress address, Func<bool> areInFlight)
    {
        using var listener = Open();
        listener.Bind(new IPEndPoint(address, 0));
        listener.Listen(1);
        using var client = Open();
        client.Connect(listener.LocalEndPoint!);
        using var server = listener.Accept();
        server.NoDelay = true;
        Send(client, server, Preface);
        Send(server, client, Settings);
        Send(client, server, [.. Enumerable.Range(0, Calls).SelectMany(i => Headers(i, 0x82, 0x86, 0x84))]); // GET http /
        if (!areInFlight()) throw new InvalidOperationException("The calls are not in flight.");
        Send(server, client, [.. Enumerable.Range(0, Calls).SelectMany(i => Headers(i, i % 2 == 0 ? Status200 : Status500))]);
    }

    private static byte[] Headers(int call, params byte[] block) =>
        [0, 0, (byte)block.Length, 1, 5, 0, 0, (byte)((1 + (2 * call)) >> 8), (byte)(1 + (2 * call)), .. block];

    private static Socket Open() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
    {
        NoDelay = true,
        SendTimeout = TimeoutMs,
        ReceiveTimeout = TimeoutMs,
    };

    private static void Send(Socket from, Socket to, byte[] bytes)
    {
        from.Send(bytes);
        for (var left = bytes.Length; left > 0;)
        {
            var count = to.Receive(new byte[left]);
            if (count == 0) throw new SocketException((int)SocketError.ConnectionReset);
            left -= count;
        }
    }
}
