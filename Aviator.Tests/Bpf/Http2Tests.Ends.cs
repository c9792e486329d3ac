using System.Net.Sockets;
using Xunit;
using static Aviator.Tests.Bpf.Http2Frames;

namespace Aviator.Tests.Bpf;

/// <content>How calls end that are not answered to their end.</content>
public sealed partial class Http2Tests
{
    [Fact]
    public void Cancelled_ByTheClient_IsNoFailureAndNotLeftOpen()
    {
        var (client, accepted) = _server.Http2Pair();
        Send(client, accepted, [.. Request(1), .. Request(3)]);
        Send(accepted, client, Answer(3, 0, Status200));
        Send(client, accepted, [.. Frame(RstStream, 0, 1, Number(Cancel)), .. Frame(RstStream, 0, 3, Number(Cancel))]);
        Send(accepted, client, Answer(1, EndStream, Status200)); // crossed the cancellation
        AssertCounts(requests: 2, abandoned: 1);
    }

    [Theory]
    [InlineData(NoError, 0)]
    [InlineData(InternalError, 1)]
    public void Reset_ByTheServer_IsAFailure(int code, int serverErrors)
    {
        var (client, accepted) = _server.Http2Pair();
        Send(client, accepted, [.. Request(1), .. Request(3)]);
        Send(accepted, client, Frame(RstStream, 0, 1, Number(code)));
        Send(accepted, client, [.. Answer(3, 0, Status200), .. Frame(RstStream, 0, 3, Number(code))]);
        AssertCounts(requests: 2, unanswered: 1, serverErrors: serverErrors);
    }

    [Fact]
    public void GoAway_EndsCallsThatTheServerDoesNotTake()
    {
        var (client, accepted) = _server.Http2Pair();
        Send(client, accepted, [.. Request(1), .. Request(3), .. Request(5)]);
        Send(accepted, client,
            [.. Frame(GoAway, 0, 0, [.. Number(1), .. Number(NoError), .. "bye"u8]), .. Answer(1, EndStream, Status200)]);
        AssertCounts(requests: 1, unmeasured: 2);
    }

    [Theory]
    [InlineData("the server closes")]
    [InlineData("the server resets")]
    [InlineData("the client resets")]
    public void ConnectionEnds_CallsOpen_AreUnansweredOrAbandonedByWhoEndedIt(string how)
    {
        var (client, accepted) = _server.Http2Pair();
        Send(client, accepted, [.. Request(1), .. Request(3), .. Request(5)]);
        Send(accepted, client, Answer(5, 0, Status200)); // a stream under way
        Assert.Equal(3, Read().Rif);
        var ending = how == "the client resets" ? client : accepted;
        if (how != "the server closes") ending.LingerState = new LingerOption(true, 0);
        ending.Dispose();
        kernel.ReadUntil(_server.Endpoint, e => e.Traffic.Unanswered + e.Traffic.Abandoned.Count == 2);
        if (ending == client) AssertCounts(requests: 3, abandoned: 2);
        else AssertCounts(requests: 3, unanswered: 2);
    }
}
