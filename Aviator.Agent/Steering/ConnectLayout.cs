using System.Runtime.InteropServices;
using Aviator.Agent.Bpf;
using Aviator.Core.Steering;

namespace Aviator.Agent.Steering;

/// <summary>The structs of bpf/service_connect.h, in C#. A test compares both by the object's type information (BTF).</summary>
internal static class ConnectLayout
{
    /// <summary>CONNECT_LAYOUT: pinned maps of another are not taken over.</summary>
    internal const uint Version = 3;

    /// <summary>CONNECT_ALWAYS: an entry that needs no order in force.</summary>
    internal const ulong Always = ulong.MaxValue;

    /// <summary>Weight 1 in the kernel's unit.</summary>
    internal const int FullWeight = 65_536;
}

/// <summary><c>struct connect_service</c>.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct ServiceRow
{
    /// <summary>A <see cref="TableWord"/>; 0: nobody to choose.</summary>
    internal ulong Table;
    internal ulong FailOpenAfterNs;
    internal ulong Steered;
    internal ulong Passed;
}

/// <summary><c>struct connect_slot</c>.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct EndpointSlot
{
    internal EndpointKey Endpoint;
    internal uint Generation;

    /// <summary>Of 2^32 draws of this column, those that stay here.</summary>
    internal uint Own;

    /// <summary>The slot that the other draws go to, counted from the table's first.</summary>
    internal uint Alias;

    /// <summary>In 65,536ths, at least 1.</summary>
    internal uint Weight;

    /// <summary>What is in flight beside the cell's count (<see cref="InFlightMean"/>).</summary>
    internal int Beside;

    /// <summary>The endpoint's <see cref="EndpointCell"/>.</summary>
    internal uint Cell;

    /// <summary>The first of its peers, counted as <see cref="Alias"/>; they are the endpoints of its version, itself among them.</summary>
    internal uint PeersFirst;

    /// <summary>How many they are, at least 1.</summary>
    internal uint Peers;

    /// <summary>As <see cref="Own"/>, in the table of its peers.</summary>
    internal uint PeerOwn;

    /// <summary>As <see cref="Alias"/>, in the table of its peers.</summary>
    internal uint PeerAlias;
}

/// <summary><c>struct connect_cell</c>: what this node's clients have open to an endpoint.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EndpointCell
{
    /// <summary>Connections open.</summary>
    internal int Open;

    /// <summary>Of them, those that were refused or reset, and have ended.</summary>
    internal int Failed;

    /// <summary>Changes when another endpoint gets the cell.</summary>
    internal uint Generation;
    internal uint Pad;
}

/// <summary><c>struct connect_control</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ConnectControl
{
    /// <summary>CLOCK_BOOTTIME in nanoseconds at which the order in force was given; 0: there is none.</summary>
    internal ulong OrderedNs;
    internal uint Layout;
    internal uint Pad;
}

/// <summary><c>struct given</c>: what a socket's connect was given.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GivenMark
{
    /// <summary>As the client asked for it.</summary>
    internal EndpointKey Service;
    internal EndpointKey Endpoint;

    /// <summary>CLOCK_BOOTTIME in nanoseconds.</summary>
    internal ulong GivenNs;

    /// <summary>The cell that it counts in, while that has this generation.</summary>
    internal uint Cell;
    internal uint Generation;
}

/// <summary>The word that publishes a Service's endpoints in one write: TABLE_FIRST_BITS and its neighbours.</summary>
/// <param name="First">The first slot, below 2^24.</param>
/// <param name="Length">Number of slots, below 2^16.</param>
/// <param name="Generation">Told by each slot as well, so that a table that is not whole is noticed; below 2^24.</param>
internal readonly record struct TableWord(int First, int Length, uint Generation)
{
    internal const uint Generations = 1 << 24;
    private const int FirstBits = 24;
    private const int LengthBits = 16;

    internal static TableWord From(ulong word) => new(
        (int)(word & ((1 << FirstBits) - 1)), (int)(word >> FirstBits & ((1 << LengthBits) - 1)), (uint)(word >> (FirstBits + LengthBits)));

    internal ulong ToUInt64() =>
        Length == 0 ? 0 : (uint)First | (ulong)(uint)Length << FirstBits | (ulong)Generation << (FirstBits + LengthBits);
}
