using System.Buffers.Binary;
using System.Net;

namespace Aviator.Tests.Bpf;

/// <summary>Builds one TCP segment (PSH, ACK) by hand, for a raw socket.</summary>
internal static class TcpSegment
{
    private const int HeaderLength = 20;

    internal static byte[] Build(IPEndPoint from, IPEndPoint to, uint sequence, uint acknowledged, byte[] payload)
    {
        var segment = new byte[HeaderLength + payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(segment, (ushort)from.Port);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(2), (ushort)to.Port);
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(4), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(8), acknowledged);
        segment[12] = HeaderLength / 4 << 4;
        segment[13] = 0x18;
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(14), 1024);
        payload.CopyTo(segment, HeaderLength);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(16), Checksum(from, to, segment));
        return segment;
    }

    /// <summary>RFC 9293, 3.1: the one's complement sum over the pseudo header and the segment.</summary>
    private static ushort Checksum(IPEndPoint from, IPEndPoint to, byte[] segment)
    {
        byte[] all = [.. from.Address.GetAddressBytes(), .. to.Address.GetAddressBytes(), 0, 6, (byte)(segment.Length >> 8),
            (byte)segment.Length, .. segment, 0];
        var sum = 0u;
        for (var i = 0; i + 1 < all.Length; i += 2) sum += BinaryPrimitives.ReadUInt16BigEndian(all.AsSpan(i));
        while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }
}
