using System.Net.Sockets;

namespace Aviator.Tests.Bpf;

/// <summary>Members of <c>struct tcp_info</c> (linux/tcp.h): what the kernel says really happened on a connection.</summary>
internal static class TcpInfo
{
    private const int Tcp = 6;
    private const int Info = 11; // TCP_INFO
    private const byte SynDataOption = 32; // TCPI_OPT_SYN_DATA

    /// <summary>Did data travel in the SYN (TCP Fast Open), and was it acknowledged?</summary>
    internal static bool SynData(Socket socket) => (Read(socket)[5] & SynDataOption) != 0;

    /// <summary>Segments sent again since the connection began.</summary>
    internal static uint Retransmitted(Socket socket) => BitConverter.ToUInt32(Read(socket), 100);

    private static byte[] Read(Socket socket)
    {
        var info = new byte[192];
        socket.GetRawSocketOption(Tcp, Info, info);
        return info;
    }
}
