using System.Net;
using Aviator.Agent.Bpf;
using Xunit;

namespace Aviator.Tests.Bpf;

public sealed class LiveConnectionsTests
{
    private const long Now = 3_600_000_000_000;
    private static readonly IPAddress Pod = IPAddress.Parse("10.1.2.3");
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(10);

    [Fact]
    [Trait("Catalogue", "24")]
    public void By_OpenRequests_CountsThemAndTheirOldestAge()
    {
        var live = LiveConnections.By(
            [Row(80, openSeconds: 2), Row(80, openSeconds: 5), Row(80, null), Row(81, openSeconds: 1)], Now, MaxAge);
        Assert.Equal(
            new LiveConnections(3, 2, 0, TimeSpan.FromSeconds(5), TimeSpan.FromMicroseconds(200)), live[EndpointKey.From(Pod, 80)]);
        Assert.Equal(TimeSpan.FromSeconds(1), live[EndpointKey.From(Pod, 81)].Oldest);
    }

    [Theory]
    [InlineData(null, 0u, 0u)]
    [InlineData(300, 0u, 300u)]
    [InlineData(300, 500u, 0u, 300u, 100u)]
    public void By_RoundTripTimes_GivesTheMedianOfThoseThatAreKnown(int? expected, params uint[] times)
    {
        var rows = times.SelectMany(time => new[] { Row(80, null, srtt: time), Row(81, null, srtt: 7), Row(79, null, srtt: 0) }).ToArray();
        var live = LiveConnections.By(rows, Now, MaxAge);
        Assert.Equal(expected is { } known ? TimeSpan.FromMicroseconds(known) : null, live[EndpointKey.From(Pod, 80)].Rtt);
        Assert.Equal(TimeSpan.FromMicroseconds(7), live[EndpointKey.From(Pod, 81)].Rtt);
        Assert.Null(live[EndpointKey.From(Pod, 79)].Rtt);
    }

    [Fact]
    public void By_RequestOlderThanTheLimit_IsNotInFlight()
    {
        var live = Live([Row(80, openSeconds: 601), Row(80, openSeconds: 599)]);
        Assert.Equal((1L, TimeSpan.FromSeconds(599)), (live.Rif, live.Oldest));
    }

    [Fact]
    public void By_RequestOpenedWhileTheRowsWereRead_HasAgeZero()
    {
        var live = Live([Row(80, openSeconds: -0.001)]);
        Assert.Equal((1L, TimeSpan.Zero), (live.Rif, live.Oldest));
    }

    [Fact]
    public void By_Http2Connections_CountsTheirCallsUnderWay()
    {
        ConnectionState[] rows = [Row(80, openSeconds: 2, streams: 7), Row(80, openSeconds: null, streams: 3), Row(80, openSeconds: 1)];
        var live = Live(rows);
        Assert.Equal((3, 11L, 3L, TimeSpan.FromSeconds(2)), (live.Count, live.Rif, live.AnswersUnderWay, live.Oldest));
    }

    [Fact]
    public void By_Http2ConnectionWhoseOldestIsForgotten_CountsTheOthers()
    {
        var live = Live([Row(80, openSeconds: 601, streams: 3)]);
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
            row.Protocol = protocol;
            row.HeldNs = (ulong)(last - (lasted * 1_000_000L));
            row.LastNs = (ulong)last;
            var live = Live([row]);
            Assert.Equal((expected, expected, TimeSpan.Zero), (live.Rif, live.AnswersUnderWay, live.Oldest));
        }
    }

    private static LiveConnections Live(ConnectionState[] rows) => LiveConnections.By(rows, Now, MaxAge)[EndpointKey.From(Pod, 80)];

    private static ConnectionState Row(ushort port, double? openSeconds, ushort streams = 0, uint srtt = 200) => new()
    {
        OpenedNs = openSeconds is { } seconds ? (ulong)(Now - (long)(seconds * 1e9)) : 0,
        Endpoint = EndpointKey.From(Pod, port),
        SrttUs = srtt,
        Protocol = streams == 0 ? (byte)0 : Layout.ProtocolHttp2,
        Held = streams,
    };
}
