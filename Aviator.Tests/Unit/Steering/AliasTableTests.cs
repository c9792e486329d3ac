using Aviator.Agent.Steering;
using Xunit;

namespace Aviator.Tests.Unit.Steering;

public sealed class AliasTableTests
{
    private const double Draws = 4_294_967_296; // 2^32 of each column

    public static TheoryData<uint[]> Weights =>
    [
        new uint[] { 1 },
        new uint[] { 65_536, 65_536, 65_536 },
        new uint[] { 655, 32_768, 65_536 },
        new uint[] { 1, 65_536 },
        Enumerable.Range(0, 5_000).Select(i => (uint)(1 + (i * 7919 % 65_536))).ToArray(),
    ];

    [Theory]
    [MemberData(nameof(Weights))]
    public void Build_Weights_EachGetsItsShare(uint[] weights) => AssertShares(weights, AliasTable.Build(weights));

    [Fact]
    public void Build_Nobody_IsEmpty() => Assert.Empty(AliasTable.Build([]));

    /// <summary>Each weight's share of all draws, summed over the columns, is its share of the weights.</summary>
    internal static void AssertShares(uint[] weights, (uint Own, uint Alias)[] columns)
    {
        var shares = new double[weights.Length];
        for (var i = 0; i < columns.Length; i++)
        {
            shares[i] += columns[i].Own / Draws;
            shares[columns[i].Alias] += 1 - (columns[i].Own / Draws);
        }

        var total = weights.Sum(weight => (long)weight);
        for (var i = 0; i < weights.Length; i++) Assert.Equal((double)weights[i] / total, shares[i] / weights.Length, 1e-9);
    }
}
