using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Aviator.Agent.Bpf;

namespace Aviator.Agent.Steering.Closing;

/// <summary><c>struct last_exchange</c> of bpf/idle_connections.h. A test compares both by the object's type information (BTF).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LastExchange
{
    /// <summary>Bytes that the server had acknowledged before the request, as TCP_INFO counts them.</summary>
    internal ulong SentBefore;

    /// <summary>Bytes received in order before the answer, as TCP_INFO counts them.</summary>
    internal ulong ReceivedBefore;

    /// <summary>The last eight bytes received, the latest in the highest; 0 for those of before a gap.</summary>
    internal ulong Tail;

    /// <summary>TCP's number of the answer's first byte.</summary>
    internal uint AnswerSeq;

    /// <summary>TCP's number of the byte after the tail.</summary>
    internal uint TailSeq;

    /// <summary>Bytes of <see cref="Request"/>; 0: no request was seen yet.</summary>
    internal ushort RequestHave;

    /// <summary>Bytes of <see cref="Answer"/>.</summary>
    internal ushort AnswerHave;
    internal uint Pad;
    internal HeadBytes Request;
    internal HeadBytes Answer;
}

/// <summary>The beginning of a request or an answer: HEAD_BYTES.</summary>
[InlineArray(Size)]
internal struct HeadBytes
{
    internal const int Size = 1024;
    private byte _first;
}

/// <summary><c>struct given_row</c>: an open file that is a connection to an endpoint that is followed.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GivenRow
{
    /// <summary>Tells sockets apart that several files share.</summary>
    internal ulong Socket;

    /// <summary>CLOCK_BOOTTIME in nanoseconds of the connect.</summary>
    internal ulong GivenNs;

    /// <summary>As the client asked for it.</summary>
    internal EndpointKey Service;
    internal EndpointKey Endpoint;

    /// <summary>Number of the process in the agent's process namespace.</summary>
    internal uint Process;

    /// <summary>The file's descriptor in it.</summary>
    internal uint Descriptor;
}
