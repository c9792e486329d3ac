using Aviator.Agent.Probing;
using Xunit;

namespace Aviator.Tests.Unit.Agent;

public sealed class ProbeStreakTests
{
    private readonly ProbeStreak _streak = new();

    [Fact]
    public void Add_TenAnswersAlike_IsSteady()
    {
        for (var i = 0; i < 9; i++) _streak.Add(Answer(200 + (20 * i)));
        Assert.False(_streak.IsSteady);
        Assert.False(_streak.Add(Answer(250)));
        Assert.True(_streak.IsSteady);
    }

    [Theory]
    [InlineData(500, 10)]
    [InlineData(10, 500)]
    [InlineData(500, -1)]
    [InlineData(-1, 10)]
    public void Add_SteadyStreakBreaks_SaysSoAndStartsAnew(int before, int after)
    {
        for (var i = 0; i < 20; i++) _streak.Add(Answer(before));

        Assert.True(_streak.Add(Answer(after)));
        Assert.False(_streak.IsSteady);
        for (var i = 0; i < 9; i++) Assert.False(_streak.Add(Answer(after)));
        Assert.True(_streak.IsSteady);
    }

    [Fact]
    public void Add_NoiseOfMicroseconds_BreaksNothing()
    {
        for (var i = 0; i < 20; i++) _streak.Add(Answer(i % 2 == 0 ? 0.2 : 6));

        Assert.True(_streak.IsSteady);
    }

    [Fact]
    public void Add_FailuresOfAnyKind_AreAlike()
    {
        foreach (var result in (ProbeResult[])[ProbeResult.Refused, ProbeResult.TimedOut, ProbeResult.ServerError, ProbeResult.Broken])
            for (var i = 0; i < 3; i++)
                _streak.Add(new ProbeOutcome(result, TimeSpan.Zero));

        Assert.True(_streak.IsSteady);
    }

    private static ProbeOutcome Answer(double milliseconds) =>
        milliseconds < 0 ? new(ProbeResult.Refused, TimeSpan.Zero) : new(ProbeResult.Answered, TimeSpan.FromMilliseconds(milliseconds));
}
