using System.Net;
using Aviator.Agent.Steering;
using Xunit;

namespace Aviator.Tests.Unit.Steering;

/// <summary>What a connect's two draws make of the columns: the version by weight, then both endpoints within it by weight.</summary>
public sealed class DrawColumnTests
{
    /// <summary>Weights of the others, then those of the canary.</summary>
    public static TheoryData<uint[], uint[]> Versions => new()
    {
        { [65_536, 65_536, 65_536], [] },
        { [], [65_536, 655] },
        { [65_536], [1] },
        { [65_536, 13_107, 40_000], [3_449] },
        { [21_845, 21_845, 21_845], [65_536, 32_768, 655] },
        { [.. Enumerable.Range(0, 3_000).Select(i => (uint)(1 + (i * 7919 % 65_536)))], [.. Enumerable.Repeat(9u, 500)] },
    };

    [Theory]
    [MemberData(nameof(Versions))]
    public void Build_Versions_EachIsDrawnByItsWeight_AndTheSecondAmongItsPeers(uint[] others, uint[] canary)
    {
        var columns = DrawColumn.Build(
            [.. others.Select(weight => Target(weight, false)), .. canary.Select(weight => Target(weight, true))]);

        AliasTableTests.AssertShares([.. others, .. canary], [.. columns.Select(column => (column.Own, column.Alias))]);
        AssertPeers(others, 0);
        AssertPeers(canary, others.Length);

        void AssertPeers(uint[] weights, int first)
        {
            var peers = columns[first..(first + weights.Length)];
            Assert.All(peers, column => Assert.Equal(((uint)first, (uint)weights.Length), (column.PeersFirst, column.Peers)));
            AliasTableTests.AssertShares(weights, [.. peers.Select(column => (column.PeerOwn, column.PeerAlias - (uint)first))]);
        }
    }

    private static Target Target(uint weight, bool canary) => new(IPAddress.Loopback, 8080, weight, canary);
}
