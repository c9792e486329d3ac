using Aviator.Core;
using FsCheck.Xunit;
using Xunit;

namespace Aviator.Tests.Core;

public sealed class GoDurationTests
{
    [Theory]
    [InlineData("100ms", 100)]
    [InlineData("5s", 5_000)]
    [InlineData("1m30s", 90_000)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData("+2s", 2_000)]
    [InlineData(".5s", 500)]
    [InlineData("0", 0)]
    [InlineData("1h1m1s1ms", 3_661_001)]
    public void TryParse_GoText_GivesTheDuration(string text, double milliseconds)
    {
        Assert.True(GoDuration.TryParse(text, out var duration, out var error), error);
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
    }

    [Theory]
    [InlineData(null, "is empty")]
    [InlineData("", "is empty")]
    [InlineData("5", "no unit at character 2")]
    [InlineData("ms", "no number at character 1")]
    [InlineData("5 s", "no unit at character 2")]
    [InlineData("-5s", "negative")]
    [InlineData("5d", "no unit")]
    [InlineData("1.2.3s", "no number")]
    [InlineData("99999999999999999999999999h", "too long")]
    [InlineData("5s!", "no number at character 3")]
    public void TryParse_NotADuration_NamesTheFault(string? text, string fault)
    {
        Assert.False(GoDuration.TryParse(text, out _, out var error));
        Assert.Contains(fault, error, StringComparison.Ordinal);
    }

    [Property(MaxTest = 2000)]
    public bool Format_AnyDuration_IsReadBack(long ticks)
    {
        var duration = TimeSpan.FromTicks(ticks & long.MaxValue);
        return GoDuration.Parse(GoDuration.Format(duration)) == duration;
    }

    [Property(MaxTest = 2000)]
    public bool Format_ShortDuration_IsReadBack(uint ticks) =>
        GoDuration.Parse(GoDuration.Format(TimeSpan.FromTicks(ticks))) == TimeSpan.FromTicks(ticks);

    [Property(MaxTest = 2000)]
    public bool TryParse_AnyText_NeverThrows(string text) =>
        GoDuration.TryParse(text, out var duration, out var error) ? duration >= TimeSpan.Zero && error.Length == 0 : error.Length > 0;
}
