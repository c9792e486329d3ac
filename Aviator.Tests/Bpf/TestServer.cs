using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Aviator.Tests.Bpf;

/// <summary>A real TCP server of which the test plays both sides, step by step. Every wait ends after five seconds.</summary>
internal sealed partial class TestServer : IDisposable
{
    private const int LimitMs = 5000;
    private const int InterNetwork = 2; // AF_INET
    private const int Stream = 1; // SOCK_STREAM
    private const int Multipath = 262; // IPPROTO_MPTCP
    private readonly Socket _listener;
    private readonly List<Socket> _sockets = [];

    internal TestServer(IPAddress address, Action<Socket>? configure = null, bool dualMode = false)
        : this(address, configure, dualMode,
            new Socket(dualMode ? AddressFamily.InterNetworkV6 : address.AddressFamily, SocketType.Stream, ProtocolType.Tcp))
    {
    }

    private TestServer(IPAddress address, Action<Socket>? configure, bool dualMode, Socket listener)
    {
        _listener = listener;
        if (dualMode) _listener.DualMode = true;
        configure?.Invoke(_listener);
        _listener.Bind(new IPEndPoint(dualMode ? IPAddress.IPv6Any : address, 0));
        _listener.Listen(128);
        Endpoint = new IPEndPoint(address, ((IPEndPoint)_listener.LocalEndPoint!).Port);
    }

    internal IPEndPoint Endpoint { get; }

    /// <summary>One that listens for Multipath TCP, as Go's servers do since 1.24; null where the kernel has none.</summary>
    internal static TestServer? ForMultipath(IPAddress address) => OpenSocket(InterNetwork, Stream, Multipath) is >= 0 and var descriptor
        ? new(address, null, false, new Socket(new SafeSocketHandle(descriptor, ownsHandle: true)))
        : null;

    /// <summary>A client's socket, connected.</summary>
    internal Socket Connect(IPEndPoint? from = null)
    {
        var client = Track(new Socket(Endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        client.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        if (from is not null) client.Bind(from);
        client.Connect(Endpoint);
        return client;
    }

    /// <summary>The server's side of the next connection.</summary>
    internal Socket Accept()
    {
        if (!_listener.Poll(TimeSpan.FromMilliseconds(LimitMs), SelectMode.SelectRead)) throw new TimeoutException("No connection came.");
        return Track(_listener.Accept());
    }

    internal (Socket Client, Socket Server) Pair(IPEndPoint? from = null)
    {
        var client = Connect(from);
        return (client, Accept());
    }

    /// <summary>Closes the listener; the kernel resets connections that it has not accepted.</summary>
    internal void StopListening() => _listener.Dispose();

    public void Dispose()
    {
        foreach (var socket in _sockets) socket.Dispose();
        _listener.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int OpenSocket(int family, int type, int protocol);

    private Socket Track(Socket socket)
    {
        socket.NoDelay = true;
        socket.SendTimeout = socket.ReceiveTimeout = LimitMs;
        _sockets.Add(socket);
        return socket;
    }
}

/// <summary>Bytes over sockets, as text.</summary>
internal static class SocketText
{
    internal static void Write(this Socket socket, string text) => socket.Write(Encoding.Latin1.GetBytes(text));

    internal static void Write(this Socket socket, byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;) sent += socket.Send(bytes.AsSpan(sent));
    }

    /// <summary>Reads until as many bytes have come.</summary>
    internal static string Expect(this Socket socket, int bytes)
    {
        var buffer = new byte[bytes];
        for (var got = 0; got < bytes;)
        {
            var n = socket.Receive(buffer.AsSpan(got));
            if (n == 0) throw new EndOfStreamException($"The peer closed after {got} of {bytes} bytes.");
            got += n;
        }

        return Encoding.Latin1.GetString(buffer);
    }

    internal static void Expect(this Socket socket, string text)
    {
        var got = socket.Expect(text.Length);
        if (got != text) throw new InvalidDataException($"Expected '{text}', got '{got}'.");
    }

    /// <summary>Waits until the peer has closed.</summary>
    internal static void ExpectEnd(this Socket socket)
    {
        if (socket.Receive(new byte[1]) != 0) throw new InvalidDataException("Expected the end, got data.");
    }

    /// <summary>
    /// One request and its answer, after a pause of the server's. Returns the time from before the request to after the answer was
    /// written: on a busy machine a pause may take longer, but service latency can never exceed this.
    /// </summary>
    internal static TimeSpan Exchange(this (Socket Client, Socket Server) pair, string request, string answer,
        TimeSpan serverTime = default)
    {
        var began = Stopwatch.GetTimestamp();
        pair.Client.Write(request);
        pair.Server.Expect(request);
        RealTime.Pass(serverTime);
        pair.Server.Write(answer);
        var took = Stopwatch.GetElapsedTime(began);
        pair.Client.Expect(answer);
        return took;
    }
}

/// <summary>Lets real time pass where time is what is measured.</summary>
internal static class RealTime
{
    /// <summary>Never less than <paramref name="time"/>: timed waits run on a coarse clock and may end milliseconds early.</summary>
    internal static void Pass(TimeSpan time)
    {
        var began = Stopwatch.GetTimestamp();
        using var never = new ManualResetEventSlim();
        for (var left = time; left > TimeSpan.Zero; left = time - Stopwatch.GetElapsedTime(began)) never.Wait(left);
    }
}
