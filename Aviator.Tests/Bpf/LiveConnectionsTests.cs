using System.Net;
using Aviator.Agent.Bpf;
using Xunit;

namespace Aviator.Tests.Bpf;

public sealed class LiveConnectionsTests
{
    private const long Now = 3_600_000_000_000;
    private static readonly IPAddress Pod = IPAddress.Parse("10.1.2.3");

    [Fact]
    [Trait("Catalogue", "24")]
    public void By_OpenRequests_CountsThemAndTheirOldestAge()
    {
        var live = LiveConnections.By([Row(80, openSeconds: 2), Row(80, openSeconds: 5), Row(80, null), Row(81, openSeconds: 1)], Now,
            TimeSpan.FromMinutes(10));
        Assert.Equal(new LiveConnections(3, 2, 0, TimeSpan.FromSeconds(5), TimeSpan.FromMicroseconds(200)), live[(Pod, 80)]);
        Assert.Equal(TimeSpan.FromSeconds(1), live[(Pod, 81)].Oldest);
    }

    [Fact]
    public void By_RequestOlderThanTheLimit_IsNotInFlight()
    {
        var live = LiveConnections.By([Row(80, openSeconds: 601), Row(80, openSeconds: 599)], Now, TimeSpan.FromMinutes(10))[(Pod, 80)];
        Assert.Equal((1L, TimeSpan.FromSeconds(599)), (live.Rif, live.Oldest));
    }

    [Fact]
    public void By_RequestOpenedWhileTheRowsWereRead_HasAgeZero()
    {
        var live = LiveConnections.By([Row(80, openSeconds: -0.001)], Now, TimeSpan.FromMinutes(10))[(Pod, 80)];
        Assert.Equal((1L, TimeSpan.Zero), (live.Rif, live.Oldest));
    }

    [Fact]
    public void By_Http2Connections_CountsTheirCallsUnderWay()
    {
        List<ConnectionRow> rows = [Row(80, openSeconds: 2, streams: 7), Row(80, openSeconds: null, streams: 3), Row(80, openSeconds: 1)];
        var live = LiveConnections.By(rows, Now, TimeSpan.FromMinutes(10))[(Pod, 80)];
        Assert.Equal((3, 11L, 3L, TimeSpan.FromSeconds(2)), (live.Count, live.Rif, live.AnswersUnderWay, live.Oldest));
    }

    [Fact]
    public void By_Http2ConnectionWhoseOldestIsForgotten_CountsTheOthers()
    {
        var live = LiveConnections.By([Row(80, openSeconds: 601, streams: 3)], Now, TimeSpan.FromMinutes(10))[(Pod, 80)];
        Assert.Equal((2L, TimeSpan.Zero), (live.Rif, live.Oldest));
    }

    /// <summary>Milliseconds from an answer's first byte to its last so far, and from then to now.</summary>
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(9, 1, 0)]
    [InlineData(20, 15, 1)]
    [InlineData(20, 25, 0)]
    [InlineData(5000, 900, 1)]
    [InlineData(5000, 1100, 0)]
    public void By_AnswerInSeveralSegments_IsUnderWayUntilItWasSilentForAsLongAsItLasted(int lasted, int silent, int expected)
    {
        foreach (var protocol in (byte[])[Layout.ProtocolHttp1, Layout.ProtocolTls])
        {
            var row = Row(80, openSeconds: null);
            var last = Now - (silent * 1_000_000L);
            row.Connection.Protocol = protocol;
            row.Connection.HeldNs = (ulong)(last - (lasted * 1_000_000L));
            row.Connection.LastNs = (ulong)last;
            var live = LiveConnections.By([row], Now, TimeSpan.FromMinutes(10))[(Pod, 80)];
            Assert.Equal((expected, expected, TimeSpan.Zero), (live.Rif, live.AnswersUnderWay, live.Oldest));
        }
    }

    private static ConnectionRow Row(ushort port, double? openSeconds, ushort streams = 0) => new()
    {
        Connection = new ConnectionState
        {
            OpenedNs = openSeconds is { } seconds ? (ulong)(Now - (long)(seconds * 1e9)) : 0,
            Endpoint = new EndpointKey { Address = AddressBytes.From(Pod), Port = port },
            SrttUs = 200,
            Protocol = streams == 0 ? (byte)0 : Layout.ProtocolHttp2,
            Held = streams,
        },
    };
}
