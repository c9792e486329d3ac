using Aviator.Tests.Tooling;
using Xunit;

namespace Aviator.Tests.Unit.Tooling;

public sealed class TimeLimitsTests
{
    [Theory]
    [InlineData(null, 1)]
    [InlineData("", 1)]
    [InlineData("2.5", 2.5)]
    public void ReadPatience_NoneOrANumber_IsThatFactor(string? text, double factor) => Assert.Equal(factor, TimeLimits.ReadPatience(text));

    [Theory]
    [InlineData("0.5")]
    [InlineData("21")]
    [InlineData("NaN")]
    [InlineData("much")]
    public void ReadPatience_AnythingElse_NamesTheVariableAndTheFix(string text)
    {
        var fault = Assert.Throws<InvalidOperationException>(() => TimeLimits.ReadPatience(text));
        Assert.StartsWith($"AVIATOR_TEST_PATIENCE={text}: give a number from 1 to 20", fault.Message, StringComparison.Ordinal);
    }
}
