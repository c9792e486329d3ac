using Aviator.Controller.Collection;
using Aviator.Tests.Kit;
using Xunit;

namespace Aviator.Tests.Unit.Collection;

/// <summary>What is kept of an agent that another one took over from.</summary>
public sealed class NodeReporterTests
{
    private static readonly TimeSpan Retention = TimeSpan.FromSeconds(75);
    private readonly NodeReporter _reporter = new("n1", "first");

    /// <summary>
    /// An agent that was only stopped may come back, so its last report is kept; those before it would take as much as all of its
    /// successor's.
    /// </summary>
    [Fact]
    public void Accept_AfterTheRetention_OnlyTheLastReportOfBeforeIsKept()
    {
        for (var second = 1; second <= 10; second++) Accept("first", second, second);
        for (var second = 1; second <= 70; second++) Accept("second", second, 10 + second);
        Assert.Null(Accept("first", 11, 81));
        Assert.Equal(6, _reporter.Ring.Count); // those of seconds 6 to 10, and 81

        for (var second = 71; second <= 160; second++) Accept("third", second, 10 + second);
        Assert.Null(Accept("first", 12, 171));
        Assert.Equal(("first", 2), (_reporter.Ring.Epoch, _reporter.Ring.Count));
        Assert.Equal(12, _reporter.Ring.Newest!.Sequence);
    }

    [Fact]
    public void Accept_LongAfter_TheLastReportOfBeforeComesAgain_ChangesNothing()
    {
        for (var second = 1; second <= 10; second++) Accept("first", second, second);
        for (var second = 1; second <= 100; second++) Accept("second", second, 10 + second);
        Accept("first", 10, 110.5);
        Assert.Equal("second", _reporter.Ring.Epoch);
    }

    private string? Accept(string epoch, long sequence, double second)
    {
        var report = NodeReports.Busy(1) with { Node = "n1", Epoch = epoch, Sequence = sequence, AgeSeconds = 0 };
        return _reporter.Accept(report, TimeSpan.FromSeconds(second), Retention);
    }
}
