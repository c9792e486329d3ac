using Xunit;

namespace Aviator.Tests.Unit.Cli;

/// <summary><c>kubectl aviator top</c> without a board: what the statuses know.</summary>
public sealed class TopTests
{
    [Fact]
    public async Task Top_WherePiped_IsOneTable_WhatMattersFirst()
    {
        await using var world = await Samples.SteeredAsync();
        var result = await world.RunAsync("top");
        Assert.StartsWith("""
            POD    STATE        P50     P99  IN FLIGHT  SHARE  WEIGHT  SAMPLES  REASON
            web-4  Ejected   640 ms  812 ms          3      -       -       57  ejected: p99 812 ms, limit 500 ms
            web-3  Selected  9.1 ms   24 ms          1      -       -     1201  selected: rank 3 of 3
            web-2  Selected  8.4 ms   21 ms          0      -       -     1187  selected: rank 2 of 3
            web-1  Selected  8.2 ms   20 ms          0      -       -     1210  selected: rank 1 of 3
            4 of 4 pods.
            """, result.Out);
        Assert.Equal(0, result.Code);
    }

    [Fact]
    public async Task Top_WhereItIsNarrow_LeavesTheReasonsOut()
    {
        await using var world = await Samples.SteeredAsync();
        world.Width = 80;
        Assert.DoesNotContain("REASON", (await world.RunAsync("top", "web", "--once")).Out);
    }

    [Theory]
    [InlineData("1ms")]
    [InlineData("fast")]
    public async Task AnInterval_OutOfRange_IsWrongUsage(string interval)
    {
        await using var world = await CliWorld.StartAsync();
        var result = await world.RunAsync("top", "--interval", interval);
        Assert.Equal(2, result.Code);
        Assert.Contains("use 500ms to 5m, such as 2s.", result.Error);
    }
}
