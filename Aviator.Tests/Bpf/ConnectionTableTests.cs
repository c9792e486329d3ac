using System.Runtime.InteropServices;
using Aviator.Agent.Bpf;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>
/// The table of live connections: its rows come back, and what found no row shows by a walk, or the health data says that it does not.
/// </summary>
[Collection(KernelCollection.Name)]
public sealed partial class ConnectionTableTests
{
    [Fact]
    public void Rows_OfEndedConnections_AreUsedAgain()
    {
        using var kernel = new KernelFixture(new KernelCountersOptions { MaxConnections = 4, Walks = [] });
        using var server = new TestServer(kernel.NextAddress());
        for (var i = 0; i < 40; i++)
        {
            var pair = server.Pair();
            pair.Exchange(ExchangeTests.Get, ExchangeTests.Ok);
            pair.Client.Dispose();
            pair.Server.Dispose();
        }

        server.Pair().Client.Write(ExchangeTests.Get);
        var read = kernel.ReadUntil(server.Endpoint, e => e is { Rif: 1, Connections: 1 });
        Assert.Equal((40L, 1L, 1), (read.Traffic.Requests, read.Rif, read.Connections));
        var health = kernel.Counters.Health();
        Assert.Equal((0L, true), (health.ConnectionsWithoutRow, health.CanReadInFlight));
    }

    [Fact]
    public void Table_Full_TheWalkShowsTheRest()
    {
        using var kernel = new KernelFixture(new KernelCountersOptions { MaxConnections = 1 });
        Assert.SkipWhen(kernel.Counters.Health().Walk is null, "This kernel refuses all walks.");
        using var server = new TestServer(kernel.NextAddress());
        for (var i = 0; i < 5; i++) server.Pair().Client.Write(ExchangeTests.Get);
        var read = kernel.ReadUntil(server.Endpoint, e => e.Rif == 5);
        Assert.Equal((5L, 5), (read.Rif, read.Connections));
        var health = kernel.Counters.Health();
        Assert.Equal((4L, 0L, true), (health.ConnectionsWithoutRow, health.KnownLoss, health.CanReadInFlight));
    }

    [Fact]
    public void Table_FullAndNoWalk_IsSaidAndMeasuringGoesOn()
    {
        using var kernel = new KernelFixture(new KernelCountersOptions { MaxConnections = 1, Walks = [] });
        using var server = new TestServer(kernel.NextAddress());
        var pairs = Enumerable.Range(0, 3).Select(_ => server.Pair()).ToList();
        foreach (var pair in pairs) pair.Exchange(ExchangeTests.Get, ExchangeTests.Ok);
        var read = kernel.Read(server.Endpoint);
        Assert.Equal((3L, 1), (read.Traffic.Requests, read.Connections));
        Assert.False(kernel.Counters.Health().CanReadInFlight);
    }

    [Fact]
    public void FileWalk_SocketBehindSeveralFiles_IsOneConnection()
    {
        using var kernel = InFlightReader.Open(ConnectionWalk.ByFile);
        using var server = new TestServer(kernel.NextAddress());
        var (client, accepted) = server.Pair();
        client.Write(ExchangeTests.Get);
        using var copy = new FileDescriptor(Duplicate((int)accepted.Handle));
        Assert.True(copy.Value > 0);
        var read = kernel.ReadUntil(server.Endpoint, e => e.Rif > 0);
        Assert.Equal((1L, 1), (read.Rif, read.Connections));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(65_536)]
    public void Open_ImpossibleSize_NamesTheOption(int connections)
    {
        var options = new KernelCountersOptions { MaxConnections = connections };
        var fault = Assert.Throws<ArgumentOutOfRangeException>(() => KernelCounters.Open(options, NullLogger.Instance));
        Assert.Contains("MaxConnections must be 0 to 65535", fault.Message, StringComparison.Ordinal);
    }

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Duplicate(int fd);
}
