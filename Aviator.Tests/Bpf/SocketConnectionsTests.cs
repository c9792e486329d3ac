using Aviator.Agent.Bpf;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>When the walk beside the table runs: it looks at everything open on the machine, so only while it may find something.</summary>
public sealed class SocketConnectionsTests : IDisposable
{
    private readonly Rows _table = new() { Live = 2 };
    private readonly Rows _walk = new();
    private long _withoutRow;
    private long _adopted;

    public void Dispose()
    {
        _table.Dispose();
        _walk.Dispose();
    }

    [Fact]
    public void Read_NothingOutsideTheTable_DoesNotWalk()
    {
        using var connections = new SocketConnections(_table, _walk, () => _withoutRow, () => _adopted);
        Assert.Equal((2, 0, true), (Read(connections), _walk.Reads, connections.Complete));
    }

    [Fact]
    public void Read_SomeWereTakenUp_WalksUntilNoneIsLeft()
    {
        using var connections = new SocketConnections(_table, _walk, () => _withoutRow, () => _adopted);
        (_adopted, _walk.Live) = (3, 3);
        Assert.Equal((5, 5), (Read(connections), Read(connections)));
        _walk.Live = 0;
        Assert.Equal((2, 2, 2), (Read(connections), Read(connections), Read(connections)));
        Assert.Equal(3, _walk.Reads);

        (_adopted, _walk.Live) = (4, 1);
        Assert.Equal(3, Read(connections));
    }

    [Fact]
    public void Read_OneFoundNoRow_WalksFromThenOn()
    {
        using var connections = new SocketConnections(_table, _walk, () => _withoutRow, () => _adopted);
        _withoutRow = 1;
        Read(connections);
        _walk.Live = 1;
        Assert.Equal(3, Read(connections));
    }

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(1, 0, false)]
    [InlineData(0, 1, false)]
    public void Complete_WithoutAWalk_OnlyWhileAllHaveRows(long adopted, long withoutRow, bool complete)
    {
        using var connections = new SocketConnections(_table, null, () => withoutRow, () => adopted);
        Assert.Equal((2, complete), (Read(connections), connections.Complete));
    }

    private static int Read(SocketConnections connections)
    {
        var read = new List<ConnectionState>();
        connections.Read(read);
        return read.Count;
    }

    private sealed class Rows : IConnectionReader
    {
        public int Live { get; set; }

        public int Reads { get; private set; }

        public void Read(List<ConnectionState> connections)
        {
            Reads++;
            connections.AddRange(new ConnectionState[Live]);
        }

        public void Dispose()
        {
        }
    }
}
