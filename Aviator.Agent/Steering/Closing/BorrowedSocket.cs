using Aviator.Agent.Bpf;

namespace Aviator.Agent.Steering.Closing;

/// <summary>
/// Another process's socket, by a descriptor of the agent's own (pidfd_getfd, Linux 5.6): what is done to it is done to the process's.
/// Needs CAP_SYS_PTRACE, and the host's process namespace.
/// </summary>
internal sealed unsafe class BorrowedSocket : IDisposable
{
    private const int PidfdOpen = 434; // of every architecture
    private const int PidfdGetfd = 438;
    private const int Tcp = 6; // IPPROTO_TCP
    private const int Info = 11; // TCP_INFO
    private const uint InfoBytes = 136;
    private const byte Established = 1; // TCP_ESTABLISHED
    private const nuint Unread = 0x541B; // SIOCINQ
    private const nuint Unacknowledged = 0x5411; // SIOCOUTQ
    private const int Reading = 0; // SHUT_RD

    private readonly FileDescriptor _socket;

    private BorrowedSocket(FileDescriptor socket) => _socket = socket;

    internal int Fd => _socket.Value;

    /// <summary>Takes it.</summary>
    /// <exception cref="LibBpfException">The process or the file is gone, or the kernel does not allow it.</exception>
    internal static BorrowedSocket Take(uint process, uint descriptor)
    {
        using var handle = new FileDescriptor(LibBpfException.Check(
            (int)LibBpf.SystemCall(PidfdOpen, (nint)process, 0, 0), "open the process"));
        return new(new(LibBpfException.Check(
            (int)LibBpf.SystemCall(PidfdGetfd, handle.Value, (nint)descriptor, 0), "take the process's socket")));
    }

    /// <summary>Where TCP stands; null where the connection is not open both ways, or has bytes on the way or unread.</summary>
    /// <exception cref="LibBpfException">It is no TCP socket.</exception>
    internal TcpPosition? Position()
    {
        var info = stackalloc byte[(int)InfoBytes];
        var length = InfoBytes;
        LibBpfException.Check(LibBpf.SocketOption(Fd, Tcp, Info, info, &length), "read TCP_INFO");
        if (length < InfoBytes || info[0] != Established || Bytes(Unread) > 0 || Bytes(Unacknowledged) > 0) return null;
        var sentAgo = *(uint*)(info + 44); // tcpi_last_data_sent, in milliseconds
        var receivedAgo = *(uint*)(info + 52); // tcpi_last_data_recv
        return new(
            *(ulong*)(info + 120), // tcpi_bytes_acked
            *(ulong*)(info + 128), // tcpi_bytes_received
            TimeSpan.FromMilliseconds(Math.Min(sentAgo, receivedAgo)));
    }

    /// <summary>The process reads the end of the connection, as if the server had closed it; what it still sends goes out.</summary>
    /// <exception cref="LibBpfException">It is closed already.</exception>
    internal void ShutForReading() => LibBpfException.Check(LibBpf.Shutdown(Fd, Reading), "shut the socket for reading");

    public void Dispose() => _socket.Dispose();

    private int Bytes(nuint request)
    {
        var count = 0;
        LibBpfException.Check(LibBpf.Control(Fd, request, &count), "count the socket's bytes");
        return count;
    }
}

/// <summary>Where a connection stands that has nothing on the way and nothing unread.</summary>
/// <param name="Sent">Bytes that the other side has acknowledged.</param>
/// <param name="Received">Bytes received.</param>
/// <param name="Idle">How long it has been since the last of both; the kernel's ticks are up to 10 ms.</param>
internal readonly record struct TcpPosition(ulong Sent, ulong Received, TimeSpan Idle);
