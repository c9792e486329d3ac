using Aviator.Core.Decisions;
using Xunit;

namespace Aviator.Tests.Core;

public sealed class DoublingPauseTests
{
    [Theory]
    [InlineData(0, 30)]
    [InlineData(1, 60)]
    [InlineData(4, 480)]
    [InlineData(5, 600)]
    [InlineData(int.MaxValue, 600)]
    public void After_Failures_DoublesUpToTheLongest(int failures, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), DoublingPause.After(failures, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(10)));

    [Fact]
    public void Restore_LongRecoveryAndManyFailedTrials_StaysOpenForTheRecoveryInterval()
    {
        var settings = new PolicySettings { Breaker = new() { Enabled = true, RecoveryInterval = TimeSpan.FromHours(1) } };
        var restored = new BreakerMark(BreakerPhase.Open, BreakerMark.MostTrials).Restore(settings, TimeSpan.FromSeconds(5));
        Assert.Equal(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(5), restored.OpenUntil);
    }
}
