using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Aviator.Agent.Steering;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>Which endpoint the kernel's hooks give: by weight, and of two the one with less in flight.</summary>
[Collection(ConnectCollection.Name)]
public sealed class ConnectChoiceTests(ITestOutputHelper output) : IDisposable
{
    private const int Connects = 4000;
    private readonly ConnectWorld _world = new();

    public void Dispose() => _world.Dispose();

    /// <summary>
    /// Independent draws of these weights: the pods are never busy, since each connection has ended before the next. Two degrees of
    /// freedom: chi-square exceeds 18.4 once in ten thousand runs.
    /// </summary>
    [Fact]
    public void Connect_Weights_SharesFollowThem()
    {
        double[] weights = [0, 0.01, 0.5, 1];
        var listeners = _world.Listen(weights.Length);
        var service = ConnectWorld.ServiceOf(listeners, weights);
        _world.Give(service);

        var shares = _world.Shares(Connects, listeners);

        output.WriteLine($"weights {string.Join(", ", weights.Select(w => w.ToString(CultureInfo.InvariantCulture)))}: " +
            $"{string.Join(", ", shares)} of {Connects} connects");
        Assert.Equal(0, shares[0]);
        var chiSquare = weights.Zip(shares).Skip(1).Sum(pair =>
        {
            var expected = Connects * pair.First / weights.Sum();
            return Math.Pow(pair.Second - expected, 2) / expected;
        });
        Assert.InRange(chiSquare, 0, 18.4);
    }

    /// <summary>
    /// The version is drawn by weight alone: the canary's only pod is far more loaded than most of the others, and its share of the weights
    /// is its share of the connects all the same, within five standard deviations. Among the others the loaded one gets what is drawn
    /// against itself, a ninth.
    /// </summary>
    [Theory]
    [InlineData(0.05)]
    [InlineData(0.4)]
    [InlineData(0.9)]
    public void Connect_Canary_GetsItsWeightWhateverIsInFlight(double share)
    {
        var listeners = _world.Listen(4);
        var (ofCanary, ofEach) = (share, (1 - share) / 3);
        var largest = Math.Max(ofCanary, ofEach);
        _world.Give(ConnectWorld.ServiceOf(listeners, [ofCanary / largest, ofEach / largest, ofEach / largest, ofEach / largest],
            [1_000_000, 0, 0, 1_000_000], canary: [true, false, false, false]));

        var shares = _world.Shares(Connects, listeners);

        output.WriteLine($"{string.Join(", ", shares)} of {Connects} connects, the first a canary of {share:P0}");
        AssertShare(share, shares[0], Connects);
        AssertShare(1.0 / 9, shares[3], Connects - shares[0]);

        static void AssertShare(double expected, int got, int of)
        {
            var five = 5 * Math.Sqrt(expected * (1 - expected) * of);
            Assert.InRange(got, (expected * of) - five, (expected * of) + five);
        }
    }

    /// <summary>Between reports the loads that this node adds keep the shares nearer to the weights than chance would.</summary>
    [Fact]
    public void Connect_NoReportBetween_SharesFollowTheWeightsClosely()
    {
        double[] weights = [0.25, 0.5, 1];
        var listeners = _world.Listen(weights.Length);
        _world.Give(ConnectWorld.ServiceOf(listeners, weights));

        var shares = _world.Shares(Connects, listeners, keep: _world.KeepOpen);

        output.WriteLine($"{string.Join(", ", shares)} of {Connects} connects");
        for (var i = 0; i < weights.Length; i++)
            Assert.InRange(shares[i], (Connects * weights[i] / 1.75) - 60, (Connects * weights[i] / 1.75) + 60);
    }

    /// <summary>Each of four is drawn twice in a row once in 16; only then does one that is far more loaded win.</summary>
    [Fact]
    public void Connect_OneMoreLoaded_IsChosenOnlyAgainstItself()
    {
        var listeners = _world.Listen(4);
        _world.Give(ConnectWorld.ServiceOf(listeners, inFlight: [1_000_000, 0, 0, 0]));

        var shares = _world.Shares(Connects, listeners);

        output.WriteLine($"{string.Join(", ", shares)} of {Connects} connects");
        Assert.InRange(shares[0], Connects / 16 / 2, Connects / 16 * 3 / 2);
    }

    [Fact]
    public void Connect_FreshLocalLoad_CountsBesideWhatOthersHave()
    {
        var listeners = _world.Listen(2);
        _world.Give(ConnectWorld.ServiceOf(listeners, inFlight: [0, 200]));

        var shares = _world.Shares(800, listeners, keep: _world.KeepOpen);

        output.WriteLine($"{string.Join(", ", shares)} of 800 connects, others have 200 in flight at the second");
        // Three of four go to the less loaded, until both have 300 after some 400 connects; from then on each gets half.
        Assert.InRange(shares[0], 455, 545);
    }

    /// <summary>A report counts this node's requests too: only the rest is the others'.</summary>
    [Fact]
    public void Connect_ReportsOfOwnConnections_AreNotCountedTwice()
    {
        var listeners = _world.Listen(2);
        _world.Give(ConnectWorld.ServiceOf(listeners));
        var open = _world.Shares(200, listeners, keep: _world.KeepOpen);
        for (var report = 0; report < 30; report++) _world.Table.Apply([ConnectWorld.ServiceOf(listeners, inFlight: open)]);
        var alone = _world.Shares(200, listeners, keep: _world.KeepOpen);

        int[] all = [open[0] + alone[0], open[1] + alone[1] + 400];
        for (var report = 0; report < 30; report++) _world.Table.Apply([ConnectWorld.ServiceOf(listeners, inFlight: all)]);
        var beside = _world.Shares(200, listeners, keep: _world.KeepOpen);

        output.WriteLine($"{string.Join(", ", alone)} of 200 while all in flight is our own; then, with 400 of others' at the second, "
            + string.Join(", ", beside));
        Assert.InRange(alone[0], 85, 115);
        Assert.InRange(beside[0], 120, 180); // three of four, within five standard deviations
    }

    /// <summary>A pool's idle connections are no load: by the reports the first is the busy one, though less is open to it.</summary>
    [Fact]
    public void Connect_IdleConnections_DoNotHideWhatIsInFlight()
    {
        var listeners = _world.Listen(2);
        _world.Give(ConnectWorld.ServiceOf(listeners));
        _world.Shares(300, listeners, keep: (listener, client) =>
        {
            if (listener == 1) _world.KeepOpen(listener, client);
            else client.Dispose();
        });
        for (var report = 0; report < 30; report++) _world.Table.Apply([ConnectWorld.ServiceOf(listeners, inFlight: [500, 0])]);

        var shares = _world.Shares(200, listeners, keep: _world.KeepOpen);

        output.WriteLine($"{string.Join(", ", shares)} of 200 connects, 500 in flight at the first and idle connections at the second");
        Assert.InRange(shares[1], 120, 180); // three of four, within five standard deviations
    }

    /// <summary>What one table gave ends under the next, and nothing open to another endpoint is counted.</summary>
    [Fact]
    public void Connect_TableChangesWhileConnectionsAreOpen_CountsStayTrue()
    {
        var listeners = _world.Listen(3);
        _world.Give(ConnectWorld.ServiceOf(listeners[..2]));
        var (first, second) = (new List<Socket>(), new List<Socket>());
        _world.Shares(200, listeners, keep: (listener, client) => (listener == 0 ? first : second).Add(client));

        // Other weights are another table; then the first endpoint goes, and a third comes in its place.
        _world.Table.Apply([ConnectWorld.ServiceOf(listeners[..2], [0.5, 1])]);
        _world.Table.Apply([ConnectWorld.ServiceOf(listeners[1..])]);
        foreach (var client in first) client.Dispose();
        var shares = _world.Shares(60, listeners, keep: _world.KeepOpen);
        foreach (var client in second) client.Dispose();
        var after = _world.Shares(60, listeners, keep: _world.KeepOpen);

        output.WriteLine($"{string.Join(", ", shares)} of 60 with {second.Count} open to the second, then {string.Join(", ", after)}");
        Assert.InRange(shares[2], 30, 60); // three of four to the one with nothing open
        Assert.InRange(after[1], 30, 60); // and now to the other, whose old connections are gone
    }

    /// <summary>
    /// Without any report between: what was closed is in flight no more, so three of four connects go where nothing is open, within five
    /// standard deviations. Were it counted still, each would get half.
    /// </summary>
    [Fact]
    public void Connect_ConnectionsEnded_AreInFlightNoMore()
    {
        var listeners = _world.Listen(2);
        _world.Give(ConnectWorld.ServiceOf(listeners));
        var ended = new List<Socket>();
        _world.Shares(400, listeners, keep: (listener, client) =>
        {
            if (listener == 0) ended.Add(client);
            else _world.KeepOpen(listener, client);
        });
        foreach (var client in ended) client.Dispose();

        var shares = _world.Shares(160, listeners, keep: _world.KeepOpen);

        output.WriteLine($"{string.Join(", ", shares)} of 160 connects after {ended.Count} connections to the first had ended");
        Assert.InRange(shares[0], 92, 148);
    }

    /// <summary>An endpoint that takes sixteen times as long is left alone by itself: no report, no decision, no order between.</summary>
    [Fact]
    public void Connect_OneIsSlow_GetsLittleBeforeAnybodyDecides()
    {
        var listeners = _world.Listen(4);
        _world.Give(ConnectWorld.ServiceOf(listeners));
        var open = new PriorityQueue<Socket, int>();
        var now = 0;

        var shares = _world.Shares(
            2000, listeners,
            each: i =>
            {
                now = i;
                while (open.TryPeek(out _, out var ends) && ends <= i) open.Dequeue().Dispose();
            },
            keep: (listener, client) => open.Enqueue(client, now + (listener == 0 ? 64 : 4)));
        while (open.TryDequeue(out var client, out _)) client.Dispose();

        output.WriteLine($"{string.Join(", ", shares)} of 2000 connects, the first sixteen times as slow");
        Assert.InRange(shares[0], 20, 200);
        Assert.All(shares[1..], share => Assert.InRange(share, 500, 760));
    }

    /// <summary>An endpoint that refuses at once must not look idle: what failed is counted until the next report.</summary>
    [Fact]
    public void Connect_OneRefuses_DrawsNoMoreThanItsShare()
    {
        var listeners = _world.Listen(2);
        _world.Give(ConnectWorld.ServiceOf(listeners));
        var refusing = (IPEndPoint)listeners[0].LocalEndPoint!;
        listeners[0].Dispose();

        var refused = 0;
        _world.Network.Run(() =>
        {
            for (var i = 0; i < 400; i++)
            {
                var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    client.Connect(new IPEndPoint(ConnectWorld.Service, 80));
                    _world.KeepOpen(1, client);
                }
                catch (SocketException fault) when (fault.SocketErrorCode == SocketError.ConnectionRefused)
                {
                    refused++;
                    client.Dispose();
                }
            }

            return 0;
        });

        output.WriteLine($"{refused} of 400 connects met the refusing {refusing}");
        Assert.InRange(refused, 180, 220);
    }

    [Fact]
    public void Connect_OneEndpoint_GetsAll()
    {
        var listeners = _world.Listen(1);
        _world.Give(ConnectWorld.ServiceOf(listeners, [0.01]));

        Assert.Equal([50], _world.Shares(50, listeners));
        Assert.Equal(new ConnectCounts(ConnectWorld.Service, 80, 50, 0), Assert.Single(_world.Table.Read()));
    }
}
