using Aviator.Controller.Collection;
using Aviator.Core.Measurement;
using Xunit;

namespace Aviator.Tests.Unit.Collection;

public sealed class SnapshotRowTests
{
    /// <summary>Each report brings its own texts; dozens of an endpoint's reports are held at a time.</summary>
    [Fact]
    public void Of_ReportAfterAnother_KeepsTheNamesOfTheOneBefore()
    {
        var before = SnapshotRow.Of(Row("10.0.0.1", "web-1", 5), TimeSpan.FromSeconds(1), before: null);

        var row = SnapshotRow.Of(Row("10.0.0.1", "web-1", 7), TimeSpan.FromSeconds(2), before).Report;

        Assert.Same(before.Report.Address, row.Address);
        Assert.Same(before.Report.PodUid, row.PodUid);
        Assert.Same(before.Report.Namespace, row.Namespace);
        Assert.Same(before.Report.Pod, row.Pod);
        Assert.Equal(7, row.Rif);
    }

    [Fact]
    public void Of_NamesThatChanged_AreTheReports()
    {
        var before = SnapshotRow.Of(Row("10.0.0.1", "web-1", 5), TimeSpan.FromSeconds(1), before: null);

        var row = SnapshotRow.Of(Row("10.0.0.2", "web-2", 5), TimeSpan.FromSeconds(2), before).Report;

        Assert.Equal(("10.0.0.2", "web-2"), (row.Address, row.Pod));
    }

    /// <summary>As a parser makes it: no text is the object of another row.</summary>
    private static EndpointReport Row(string address, string pod, long inFlight) => new()
    {
        Address = new string(address.AsSpan()),
        Port = 8080,
        PodUid = new string("uid-1".AsSpan()),
        Namespace = new string("shop".AsSpan()),
        Pod = new string(pod.AsSpan()),
        Traffic = EndpointCounters.Zero,
        Rif = inFlight,
        OldestInFlightSeconds = 0,
        Recent = new WindowSummary { Seconds = 10, Count = 0, Errors = 0 },
    };
}
