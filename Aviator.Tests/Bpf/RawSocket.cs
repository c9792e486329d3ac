using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Aviator.Tests.Bpf;

/// <summary>What .NET's sockets do not offer.</summary>
internal static partial class RawSocket
{
    private const int SocketLevel = 1; // SOL_SOCKET
    private const int NetworkCookie = 71; // SO_NETNS_COOKIE, since 5.14

    /// <summary>Another descriptor of the same kernel socket.</summary>
    internal static nint Duplicate(Socket socket) =>
        CopyDescriptor((int)socket.Handle) is var copy and >= 0 ? copy : throw new InvalidOperationException("dup failed.");

    /// <summary>The number by which the kernel's programs know the socket's network namespace.</summary>
    internal static ulong NetworkCookieOf(Socket socket)
    {
        Span<byte> cookie = stackalloc byte[sizeof(ulong)];
        socket.GetRawSocketOption(SocketLevel, NetworkCookie, cookie);
        return BitConverter.ToUInt64(cookie);
    }

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int CopyDescriptor(int fd);
}
