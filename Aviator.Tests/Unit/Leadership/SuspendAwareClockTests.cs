using System.Globalization;
using Aviator.Controller.Clocks;
using Xunit;

namespace Aviator.Tests.Unit.Leadership;

/// <summary>The clock that terms are judged by.</summary>
public sealed class SuspendAwareClockTests
{
    [Fact]
    public void GetTimestamp_IsTheTimeSinceBootSleepIncluded()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the clock of Linux");
        var clock = SuspendAwareClock.Instance;
        var read = clock.GetElapsedTime(0).TotalSeconds;
        // /proc/uptime is CLOCK_BOOTTIME, rounded to hundredths.
        var uptime = double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.InRange(uptime - read, -0.1, 5);
    }

    [Fact]
    public void GetTimestamp_NeverGoesBack()
    {
        var clock = SuspendAwareClock.Instance;
        var last = clock.GetTimestamp();
        for (var times = 0; times < 100_000; times++)
        {
            var now = clock.GetTimestamp();
            Assert.True(now >= last);
            last = now;
        }
    }
}
