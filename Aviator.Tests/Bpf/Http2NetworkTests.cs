using System.Net.Sockets;
using Xunit;
using static Aviator.Tests.Bpf.Http2Frames;

namespace Aviator.Tests.Bpf;

/// <summary>
/// HTTP/2 over a network that loses segments: nearly all calls are measured, nothing is left open, and few are counted nowhere.
/// </summary>
[Collection(KernelCollection.Name)]
[Trait("Catalogue", "26")]
public sealed class Http2NetworkTests(KernelFixture kernel, ITestOutputHelper output) : IDisposable
{
    private readonly TestNetwork _network = new();

    public void Dispose() => _network.Dispose();

    [Fact]
    public async Task Loss_OneSegmentInTwenty_CallsAreMeasuredAndNoneIsLeftOpen()
    {
        const int connections = 8, rounds = 30, atOnce = 5;
        using var server = _network.Run(() => new TestServer(kernel.NextAddress()));
        var pairs = _network.Run(() => Enumerable.Range(0, connections).Select(_ => server.Http2Pair()).ToList());
        string[] drop = ["INPUT", "-i", "lo", "-m", "statistic", "--mode", "random", "--probability", "0.05", "-j", "DROP"];
        _network.Inside([.. (string[])["iptables", "-A"], .. drop]);
        // A segment that is lost five times in a row takes over 6 s.
        foreach (var (client, accepted) in pairs) client.ReceiveTimeout = accepted.ReceiveTimeout = 60_000;

        await Task.WhenAll(pairs.Select(pair => Task.Factory.StartNew(() =>
        {
            for (var round = 0; round < rounds; round++) Exchange(pair, Enumerable.Range(round * atOnce, atOnce));
        }, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        // Calls that were lost to sight are counted by the next one that is seen, so the last of a connection must not be lost.
        _network.Inside([.. (string[])["iptables", "-D"], .. drop]);
        foreach (var pair in pairs) Exchange(pair, [rounds * atOnce]);

        var retransmitted = pairs.Sum(p => TcpInfo.Retransmitted(p.Client) + TcpInfo.Retransmitted(p.Server));
        Assert.True(retransmitted > 20, $"Only {retransmitted} segments were sent again: the loss did not happen.");
        var read = kernel.Read(server.Endpoint);
        output.WriteLine($"{retransmitted} segments sent again; {read.Traffic.Requests} calls measured, {read.Traffic.Unmeasured} not");
        const int calls = connections * ((rounds * atOnce) + 1);
        Assert.Equal((0L, 0L), (read.Traffic.Unanswered, read.Rif));
        Assert.True(read.Traffic.Requests > calls * 0.95, "A lost segment costs more than the calls around it.");
        // A call whose own segment came in another shape than it was missed in is counted nowhere: 0 to 3 of 1,208 in twelve runs.
        Assert.InRange(read.Traffic.Requests + read.Traffic.Unmeasured, calls * 0.99, calls * 1.001);
    }

    private static void Exchange((Socket Client, Socket Server) pair, IEnumerable<int> calls)
    {
        var streams = calls.Select(i => 1 + (2 * i)).ToList();
        Send(pair.Client, pair.Server, streams, Request);
        Send(pair.Server, pair.Client, streams, s => Answer(s, EndStream, Status200));
    }

    /// <summary>Each in a segment of its own.</summary>
    private static void Send(Socket from, Socket to, List<int> streams, Func<int, byte[]> frame)
    {
        foreach (var stream in streams) from.Write(frame(stream));
        to.Expect(streams.Sum(s => frame(s).Length));
    }
}
