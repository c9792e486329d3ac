using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Aviator.Core.Measurement;

namespace Aviator.Agent.Bpf;

/// <summary>The structs of bpf/aviator.h, in C#. A test compares sizes and offsets with the object's type information (BTF).</summary>
internal static class Layout
{
    /// <summary>INTEREST_LOOPBACK: count connections from an address to itself too.</summary>
    internal const uint InterestLoopback = 1;

    /// <summary>INTEREST_LISTED: of the address's ports, only those that have counters already.</summary>
    internal const uint InterestListed = 2;

    /// <summary>PROTOCOL_HTTP2: the connection's calls are counted one by one.</summary>
    internal const byte ProtocolHttp2 = 6;

    /// <summary>PROTOCOL_HTTP1.</summary>
    internal const byte ProtocolHttp1 = 1;

    /// <summary>PROTOCOL_TLS: HTTP/1 in TLS, after the first exchange.</summary>
    internal const byte ProtocolTls = 4;

    /// <summary>HEALTH_COUNT: number of health counters.</summary>
    internal const int HealthCount = (int)HealthCounter.Adopted + 1;
}

/// <summary><c>enum health</c>.</summary>
internal enum HealthCounter
{
    Accepted,
    NoState,
    NoEndpoint,
    Unmatched,
    NoRow,
    Adopted,
}

/// <summary><c>struct address</c>: an IPv6 address in network order; IPv4 as v4-mapped.</summary>
[InlineArray(16)]
internal struct AddressBytes
{
    private byte _first;

    internal static AddressBytes From(IPAddress address)
    {
        var bytes = default(AddressBytes);
        var v6 = address.AddressFamily == AddressFamily.InterNetwork ? address.MapToIPv6() : address;
        v6.TryWriteBytes(bytes, out _);
        return bytes;
    }

    internal readonly IPAddress ToIPAddress()
    {
        var address = new IPAddress((ReadOnlySpan<byte>)this);
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }
}

/// <summary><c>struct endpoint_key</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EndpointKey : IEquatable<EndpointKey>
{
    internal AddressBytes Address;
    internal ushort Port;
    internal ushort Pad;

    internal static EndpointKey From(IPAddress address, int port) => new() { Address = AddressBytes.From(address), Port = (ushort)port };

    public readonly bool Equals(EndpointKey other) =>
        Port == other.Port && ((ReadOnlySpan<byte>)Address).SequenceEqual(other.Address);

    public override readonly bool Equals(object? obj) => obj is EndpointKey other && Equals(other);

    public override readonly int GetHashCode()
    {
        ReadOnlySpan<byte> bytes = Address;
        return HashCode.Combine(MemoryMarshal.Read<ulong>(bytes), MemoryMarshal.Read<ulong>(bytes[sizeof(ulong)..]), Port);
    }
}

/// <summary><c>struct endpoint_counters</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EndpointCounts
{
    /// <summary>Whose they are.</summary>
    internal EndpointKey Endpoint;

    /// <summary>The row's own number, 1 and up; 0: it is nobody's.</summary>
    internal uint Row;
    internal ulong ServerErrors;
    internal ulong Success;
    internal ulong Redirects;
    internal ulong ClientErrors;
    internal ulong Throttled;
    internal ulong Unanswered;
    internal ulong Unmeasured;
    internal ulong NodeProbes;
    internal ulong OwnProbes;
    internal LatencyBuckets Latency;
    internal LatencyBuckets Abandoned;
}

/// <summary>One count for each bucket of <see cref="HistogramLayout"/>.</summary>
[InlineArray(HistogramLayout.BucketCount)]
internal struct LatencyBuckets
{
    private long _first;
}

/// <summary><c>struct connection</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ConnectionState
{
    /// <summary>CLOCK_MONOTONIC in nanoseconds at the oldest open request's first byte; 0: no request is open.</summary>
    internal ulong OpenedNs;
    internal EndpointKey Endpoint;
    internal byte Protocol;
    internal byte Flags;

    /// <summary>Its row in the table of live connections, 1 and up; 0: it has none, or the row is free.</summary>
    internal ushort Row;

    /// <summary>TCP's smoothed round-trip time in microseconds; 0: unknown.</summary>
    internal uint SrttUs;
    internal byte Turn;
    internal byte HeldHave;

    /// <summary>HTTP/2: calls under way, those whose answer has begun and not ended included. Else the kernel's own.</summary>
    internal ushort Held;

    /// <summary>
    /// CLOCK_MONOTONIC in nanoseconds at the open request's last byte, where it went on with a body; while none is open, at the last bytes
    /// of an answer in several segments whose end was not seen. Else 0 or older.
    /// </summary>
    internal ulong LastNs;

    /// <summary>HTTP/1 and TLS, while no request is open: CLOCK_MONOTONIC in nanoseconds at the last answer's first byte.</summary>
    internal ulong HeldNs;

    /// <summary>The row of its endpoint's counters.</summary>
    internal uint Counters;
    internal uint Pad;
}

/// <summary><c>struct connection_row</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ConnectionRow
{
    internal ConnectionState Connection;

    /// <summary>From a walk over files: the socket's address in the kernel, for telling repeats; else 0.</summary>
    internal ulong Socket;
}

/// <summary><c>struct traced_connection</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TracedConnection
{
    internal ConnectionRow Row;
    internal ulong AcceptedNs;
}
