using Xunit;
using static Aviator.Tests.Bpf.Http2Frames;

namespace Aviator.Tests.Bpf;

/// <content>What is beyond the reader: too many calls and frames, and bytes that are no frames.</content>
public sealed partial class Http2Tests
{
    [Fact]
    public void ManyFrames_InOneSegment_AreAllRead()
    {
        const int calls = 120;
        var (client, accepted) = _server.Http2Pair();
        var streams = Enumerable.Range(0, calls).Select(i => 1 + (2 * i)).ToList();
        Send(client, accepted, [.. streams.SelectMany(Request)]);
        Assert.Equal(calls, Read().Rif);
        Send(accepted, client, [.. streams.SelectMany(s =>
            (byte[])[.. Answer(s, 0, Status200), .. Frame(Data, 0, s, 1, 2, 3), .. Answer(s, EndStream, 0x00, 1, 97, 1, 98)])]);
        AssertCounts(calls);
    }

    [Fact]
    public void Calls_BeyondTheConnectionsSlots_AreUnmeasured()
    {
        const int calls = 400, slots = 255;
        var (client, accepted) = _server.Http2Pair();
        var streams = Enumerable.Range(0, calls).Select(i => 1 + (2 * i)).ToList();
        Send(client, accepted, [.. streams.SelectMany(Request)]);
        Assert.Equal((slots, calls - slots), (Read().Rif, Read().Traffic.Unmeasured));
        foreach (var stream in streams) Send(accepted, client, Answer(stream, EndStream, Status200));
        AssertCounts(slots, unmeasured: calls - slots);
    }

    [Fact]
    public void BytesOfTheServerThatAreNoFrames_ConnectionIsOpaque()
    {
        var (client, accepted) = _server.Http2Pair();
        Send(client, accepted, [.. Request(1), .. Request(3)]);
        Send(accepted, client, Frame(Ping, 0, 7, 1, 2, 3, 4, 5, 6, 7, 8)); // on a stream: a connection error
        var read = Read();
        Assert.Equal((0L, 2L, 0L), (read.Traffic.Requests, read.Traffic.Unmeasured, read.Rif));
        Send(client, accepted, Request(5));
        Send(accepted, client, Answer(5, EndStream, Status200));
        AssertCounts(unmeasured: 3);
    }

    /// <summary>What a reader sees that has lost its place: two CPUs that read at the same moment may do that.</summary>
    public static TheoryData<string, byte[]> WhatNoClientSends => new()
    {
        { "a ping on a stream", Frame(Ping, 0, 7, 1, 2, 3, 4, 5, 6, 7, 8) },
        { "a long frame of no known type", [0x7f, 0xff, 0xff, 0x77, 0, 0, 0, 0, 1, 2, 3] },
        { "long data of a call that has not begun", [0x7f, 0xff, 0xff, Data, 0, 0, 0, 1, 1, 2, 3] },
        { "a call far from the last", [0x7f, 0xff, 0xff, Headers, 0, 0x12, 0x34, 0x56, 0x79, 2, 3] },
        { "a push", Frame(PushPromise, EndHeaders, 1, 0, 0, 0, 2) },
    };

    [Theory, MemberData(nameof(WhatNoClientSends))]
    public void BytesOfTheClientThatAreNoFrames_WhatWaitsIsUnmeasured_AndTheNextCallIsRead(string what, byte[] bytes)
    {
        var (client, accepted) = _server.Http2Pair();
        Send(client, accepted, [.. Request(1), .. Request(3)]);
        Send(client, accepted, bytes);
        var read = Read();
        Assert.True((0L, 2L, 0L) == (read.Traffic.Requests, read.Traffic.Unmeasured, read.Rif), what);
        Send(client, accepted, [.. Frame(Data, 0, 3, 1, 2, 3)]);
        Send(client, accepted, Request(5));
        Send(accepted, client, Answer(5, EndStream, Status200));
        AssertCounts(requests: 1, unmeasured: 2);
    }
}
