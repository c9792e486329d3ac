using System.Buffers;
using Aviator.Controller.Collection;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;
using Xunit;

namespace Aviator.Tests.Unit.Collection;

/// <summary>Windows out of the kept changes must be those of whole reports.</summary>
public sealed class EndpointRowsTests
{
    private readonly ArrayBufferWriter<byte> _scratch = new();

    /// <summary>
    /// Of all pairs of reports: traffic that is idle, busy, starts over or counts beyond 32 bits, with rows between them forgotten.
    /// </summary>
    [Fact]
    public void From_AnyTwoReports_IsTheirDifference()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            var reports = RandomReports(random, 40);
            var rows = Rows(reports);
            var kept = new HashSet<int>(Enumerable.Range(0, reports.Count));
            foreach (var skipped in Enumerable.Range(1, reports.Count - 2).Where(_ => random.Next(3) == 0))
            {
                rows.Skip(skipped, _scratch);
                kept.Remove(skipped);
            }

            foreach (var later in kept)
            {
                var windows = new WindowsBack(rows, At(later), probe: false, Buffer());
                foreach (var earlier in kept.Where(number => number < later).OrderDescending())
                    AssertDifference(reports[earlier], reports[later], windows.From(At(earlier)), Seconds(later - earlier));
            }
        }
    }

    [Fact]
    public void From_CountersThatStartedOver_IsNoneAcrossThatAndExactSince()
    {
        var rows = Rows([Row(500), Row(600), Row(5), Row(25)]);
        var windows = new WindowsBack(rows, At(3), probe: false, Buffer());

        Assert.Equal(20, windows.From(At(2))!.Latency.Count);
        Assert.Null(windows.From(At(1)));
        Assert.Null(windows.From(At(0)));
        Assert.Equal(100, new WindowsBack(rows, At(1), false, Buffer()).From(At(0))!.Latency.Count);
    }

    /// <summary>Whatever came after the window's end.</summary>
    [Fact]
    public void From_ReportWithoutARow_CountsFromZeroUpToTheEnd()
    {
        var rows = new EndpointRows(Of(Row(30), 1), sequence: 1);
        rows.Add(Of(Row(70), 2), 2, _scratch);
        rows.Add(Of(Row(5), 3), 3, _scratch);

        Assert.Equal(5, new WindowsBack(rows, At(3), false, Buffer()).From(At(0))!.Latency.Count);
        Assert.Equal(70, new WindowsBack(rows, At(2), false, Buffer()).From(At(0))!.Latency.Count);
        Assert.Equal(30, new WindowsBack(rows, At(1), false, Buffer()).From(At(0))!.Latency.Count);
    }

    [Fact]
    public void From_Probes_CountsTheirFailuresAsSamples()
    {
        static EndpointReport Probed(int answered, int failures) => Row(1) with
        {
            Probe = new ProbeReport { Latency = Latency(answered), Failures = failures, RecentSeconds = [], AgeSeconds = 0 },
        };
        var rows = Rows([Probed(3, 1), Probed(10, 3), Probed(12, 7)]);

        var window = new WindowsBack(rows, At(2), probe: true, Buffer()).From(At(0))!;

        Assert.Equal((15, 6, 0), (window.Latency.Count, window.Failures, window.WaitingBefore));
    }

    [Fact]
    public void Load_EachReport_IsWhatWasInFlight()
    {
        var engine = new EngineReport { Waiting = 4, AgeSeconds = 1 };
        var rows = Rows([Row(1) with { Rif = long.MaxValue, AnswersUnderWay = 2 }, Row(1) with { Rif = -3, Engine = engine }, Row(2)]);

        Assert.Equal(new RowLoad(long.MaxValue, 2, null), rows.Load(0));
        Assert.Equal(new RowLoad(-3, 0, engine), rows.Load(1));
        Assert.Equal(new RowLoad(0, 0, null), rows.Load(2));
        Assert.Null(rows.Load(3));
        rows.ForgetBefore(1);
        Assert.Null(rows.Load(0));
        Assert.Equal(1, rows.PastCount);
    }

    /// <summary>Dozens of rows are kept of each endpoint, however many answers it counted before.</summary>
    [Fact]
    public void Add_AnswersOfSomeSeconds_AreKeptInFewBytes()
    {
        var random = new Random(1);
        var latency = LatencyHistogram.Repeat(TimeSpan.FromMilliseconds(10), 10_000_000_000);
        var reports = new List<EndpointReport>();
        for (var i = 0; i < 10; i++)
        {
            reports.Add(Row(0) with { Traffic = new() { Latency = latency, Requests = latency.Count } });
            if (i >= 7) continue;
            latency = latency.Merge(LatencyHistogram.FromSamples(
                Enumerable.Range(0, 100).Select(_ => TimeSpan.FromMilliseconds(5 + (40 * random.NextDouble() * random.NextDouble())))));
        }

        var rows = Rows(reports);

        for (var i = 0; i < 7; i++) Assert.InRange(rows[i].Traffic.Length, 20, 100);
        for (var i = 7; i < 9; i++) Assert.Equal(0, rows[i].Traffic.Length);
    }

    private static void AssertDifference(EndpointReport earlier, EndpointReport later, MeasuredWindow? window, TimeSpan duration)
    {
        var (start, end) = (earlier.Traffic, later.Traffic);
        var (latency, abandoned) = (end.Latency.Since(start.Latency), end.Abandoned.Since(start.Abandoned));
        var (statuses, unmeasured) = (end.Statuses - start.Statuses, end.Unmeasured - start.Unmeasured);
        if (latency is null || abandoned is null || statuses.AnyNegative || unmeasured < 0
            || end.ServerErrors < start.ServerErrors || end.Failures < start.Failures)
        {
            Assert.Null(window);
            return;
        }

        Assert.NotNull(window);
        Assert.Equal((latency.FirstBucket, latency.Count), (window.Latency.FirstBucket, window.Latency.Count));
        Assert.Equal(latency.FilledCounts, window.Latency.FilledCounts);
        Assert.Equal((abandoned.FirstBucket, abandoned.Count), (window.Abandoned.FirstBucket, window.Abandoned.Count));
        Assert.Equal(abandoned.FilledCounts, window.Abandoned.FilledCounts);
        Assert.Equal(
            (end.Failures - start.Failures, end.ServerErrors - start.ServerErrors, unmeasured, statuses, earlier.Rif, duration),
            (window.Failures, window.ServerErrors, window.Unmeasured, window.Statuses, window.WaitingBefore, window.Duration));
    }

    private static List<EndpointReport> RandomReports(Random random, int number)
    {
        var (reports, traffic) = (new List<EndpointReport>(), EndpointCounters.Zero);
        while (reports.Count < number)
        {
            if (random.Next(12) == 0) traffic = EndpointCounters.Zero;
            if (random.Next(3) > 0)
            {
                var more = LatencyHistogram.Repeat(
                    TimeSpan.FromMilliseconds(random.Next(1, 40)), random.Next(4) == 0 ? random.NextInt64(1L << 40) : random.Next(400));
                traffic = traffic with
                {
                    Latency = traffic.Latency.Merge(more),
                    Abandoned = traffic.Abandoned.Merge(LatencyHistogram.Repeat(TimeSpan.FromSeconds(1), random.Next(2))),
                    Requests = traffic.Requests + more.Count,
                    ServerErrors = traffic.ServerErrors + random.Next(2),
                    Unanswered = traffic.Unanswered + random.Next(2),
                    Unmeasured = traffic.Unmeasured + random.Next(2),
                    Statuses = traffic.Statuses + new StatusCounts(random.Next(90), random.Next(2), random.Next(2), random.Next(2)),
                };
            }

            reports.Add(Row(0) with { Traffic = traffic, Rif = random.Next(5) });
        }

        return reports;
    }

    /// <summary>The reports' rows, the number of each being its place.</summary>
    private EndpointRows Rows(List<EndpointReport> reports)
    {
        var rows = new EndpointRows(Of(reports[0], 0), sequence: 0);
        for (var i = 1; i < reports.Count; i++) rows.Add(SnapshotRow.Of(reports[i], Seconds(i), rows.Last), i, _scratch);
        return rows;
    }

    private static SnapshotRow Of(EndpointReport report, int second) => SnapshotRow.Of(report, Seconds(second), before: null);

    private static Snapshot At(int number) => new(number, Seconds(number), Seconds(number));

    /// <summary>What lies in it before counts for nothing.</summary>
    private static long[] Buffer() => [.. Enumerable.Repeat(-77L, CounterChange.BufferLength)];

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);

    private static LatencyHistogram Latency(long samples) => LatencyHistogram.Repeat(TimeSpan.FromMilliseconds(10), samples);

    private static EndpointReport Row(long samples) => new()
    {
        Address = "10.0.0.1",
        Port = 8080,
        PodUid = "uid-1",
        Namespace = "shop",
        Pod = "web-1",
        Traffic = new EndpointCounters { Latency = Latency(samples), Requests = samples },
        Rif = 0,
        OldestInFlightSeconds = 0,
        Recent = new WindowSummary { Seconds = 10, Count = 0, Errors = 0 },
    };
}
