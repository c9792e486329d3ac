using System.Diagnostics;
using System.Text.Json;
using Aviator.Core.Measurement;
using Aviator.Tests.Kit;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Aviator.Tests.Core.Measurement;

/// <summary>What is written is read again, and whatever else lies there is refused in words.</summary>
public sealed class NodeReportCodecTests
{
    private const int Limit = 256 << 10;

    [Property(MaxTest = 300)]
    public Property Read_OfAnyReportWritten_IsThatReport() => Prop.ForAll(NodeReports.Any(), report =>
    {
        var reading = NodeReportCodec.Read(NodeReportCodec.Write(report));

        Assert.Equal((CodecRefusal.None, ""), (reading.Refusal, reading.Detail));
        Assert.Equal(Json(report), Json(reading.Report!));
    });

    [Fact]
    public void Read_CutOffAnywhere_IsRefused()
    {
        var whole = NodeReportCodec.Write(NodeReports.Busy(2));

        for (var length = 0; length < whole.Length; length++)
            Assert.Equal(length < 3 ? CodecRefusal.Foreign : CodecRefusal.Damaged, NodeReportCodec.Read(whole.AsSpan(0, length)).Refusal);
        Assert.Equal(CodecRefusal.Damaged, NodeReportCodec.Read([.. whole, 0]).Refusal);
    }

    [Property(MaxTest = 1000)]
    public Property Read_AnyBytes_AreRefusedAndNeverThrow() => Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(), garbage =>
            Assert.NotEqual(CodecRefusal.None, NodeReportCodec.Read([(byte)'A', (byte)'v', NodeReportCodec.Version, .. garbage]).Refusal));

    [Fact]
    public void Read_ReportWithChangedBytes_IsAReportOrARefusal()
    {
        var (whole, random, read) = (NodeReportCodec.Write(NodeReports.Busy(3)), new Random(11), 0);
        for (var round = 0; round < 20_000; round++)
        {
            var changed = whole.ToArray();
            for (var i = random.Next(1, 4); i > 0; i--) changed[random.Next(changed.Length)] = (byte)random.Next(256);
            var reading = NodeReportCodec.Read(changed);
            Assert.Equal(reading.Refusal == CodecRefusal.None, reading.Report is not null);
            if (reading.Report is not null) read++;
            else Assert.NotEmpty(reading.Detail);
        }

        Assert.InRange(read, 1, 19_999);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(255)]
    public void Read_AnotherVersion_SaysWhichAndWhatToDo(byte version)
    {
        var stored = NodeReportCodec.Write(NodeReports.Small("n"));
        stored[2] = version;

        var reading = NodeReportCodec.Read(stored);

        Assert.Equal(CodecRefusal.UnknownVersion, reading.Refusal);
        Assert.Contains($"format {version}", reading.Detail, StringComparison.Ordinal);
        Assert.Contains("same version", reading.Detail, StringComparison.Ordinal);
    }

    /// <summary>An older agent's report ends each row where the block of later additions begins.</summary>
    [Fact]
    public void Read_FormatOne_IsReadWithoutWhatCameLater()
    {
        var report = NodeReports.Small("n");
        var stored = NodeReportCodec.Write(report);
        Assert.Single(report.Endpoints);
        Assert.Equal(0, stored[^1]);
        byte[] older = [.. stored.AsSpan(0, stored.Length - 1)];
        older[2] = 1;

        Assert.Equal(Json(report), Json(NodeReportCodec.Read(older).Report!));
    }

    [Fact]
    public void Read_RowWithMoreThanIsKnown_PassesOverIt()
    {
        var report = NodeReports.Small("n");
        var stored = NodeReportCodec.Write(report);
        const byte success = 7, unknown = 99;

        var read = NodeReportCodec.Read([.. stored.AsSpan(0, stored.Length - 1), 8, 0, success, 0, 0, 0, 0, 0, unknown]).Report!;

        Assert.Equal(new StatusCounts(success, 0, 0, 0), read.Endpoints[0].Traffic.Statuses);
        Assert.Null(read.Endpoints[0].Engine);
        Assert.Equal(0, read.Endpoints[0].Traffic.Abandoned.Count);
    }

    /// <summary>An agent from before answers under way were told, and one that is damaged and tells of more than are in flight.</summary>
    [Theory]
    [InlineData(new byte[] { 5, 0, 7, 0, 0, 0 }, 0)]
    [InlineData(new byte[] { 6, 0, 7, 0, 0, 0, 2 }, 2)]
    [InlineData(new byte[] { 6, 0, 7, 0, 0, 0, 99 }, 3)]
    public void Read_AnswersUnderWay_AreSomeOfThoseInFlight(byte[] block, long expected)
    {
        var small = NodeReports.Small("n");
        var stored = NodeReportCodec.Write(small with { Endpoints = [small.Endpoints[0] with { Rif = 3 }] });

        var read = NodeReportCodec.Read([.. stored.AsSpan(0, stored.Length - 1), .. block]).Report!;

        Assert.Equal((3, expected), (read.Endpoints[0].Rif, read.Endpoints[0].AnswersUnderWay));
    }

    /// <summary>An agent from before engines were asked ends the block there; a later one marks that it has no sample.</summary>
    [Theory]
    [InlineData(new byte[] { 6, 0, 7, 0, 0, 0, 0 }, null)]
    [InlineData(new byte[] { 7, 0, 7, 0, 0, 0, 0, 0 }, null)]
    [InlineData(new byte[] { 17, 0, 7, 0, 0, 0, 0, 1, 5, 0, 0, 0, 0, 0, 0, 0, 248, 63 }, 5L)]
    public void Read_Engine_IsThereWhereItIsMarked(byte[] block, long? waiting)
    {
        var stored = NodeReportCodec.Write(NodeReports.Small("n"));

        var read = NodeReportCodec.Read([.. stored.AsSpan(0, stored.Length - 1), .. block]).Report!.Endpoints[0];

        Assert.Equal(waiting is { } count ? new EngineReport { Waiting = count, AgeSeconds = 1.5 } : null, read.Engine);
        Assert.Equal(7, read.Traffic.Statuses.Success);
    }

    /// <summary>So a version from before, which reads no further than the answers under way, reads the report all the same.</summary>
    [Fact]
    public void Write_Engine_IsTheEndOfTheRowsLastBlock()
    {
        var small = NodeReports.Small("n");
        var row = small.Endpoints[0] with { Rif = 3, AnswersUnderWay = 2 };
        var without = NodeReportCodec.Write(small with { Endpoints = [row] });
        var engine = new EngineReport { Waiting = 5, CacheUse = 0.25, AgeSeconds = 0.5 };
        var with = NodeReportCodec.Write(small with { Endpoints = [row with { Engine = engine }] });

        const int block = 6, added = 1 + 1 + 9 + 8;
        Assert.Equal(without.Length + added, with.Length);
        Assert.Equal((block, block + added), (without[^(block + 1)], with[^(block + added + 1)]));
        Assert.Equal(without[^block..], with[^(block + added)..^added]);
        Assert.Equal(engine, NodeReportCodec.Read(with).Report!.Endpoints[0].Engine);
    }

    [Fact]
    public void Read_OtherThings_AreForeignOrTooLarge()
    {
        Assert.Equal(CodecRefusal.Foreign, NodeReportCodec.Read([]).Refusal);
        Assert.Equal(CodecRefusal.Foreign, NodeReportCodec.Read("{\"node\":\"a\"}"u8).Refusal);
        Assert.Equal(CodecRefusal.TooLarge, NodeReportCodec.Read(new byte[NodeReportCodec.MaxBytes + 1]).Refusal);
    }

    [Fact]
    public void Read_HugeNumbersInASmallInput_AllocatesLittle()
    {
        // Each promises as much as a number can: text lengths, rows, runs.
        byte[] huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
        var small = NodeReportCodec.Write(NodeReports.Small("n"));
        for (var at = 3; at < small.Length; at++)
        {
            byte[] hostile = [.. small.AsSpan(0, at), .. huge, .. small.AsSpan(at)];
            var before = GC.GetAllocatedBytesForCurrentThread();
            NodeReportCodec.Read(hostile);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 10);
        }
    }

    [Fact]
    public void Read_LargestInputOfOneByteRows_AllocatesNoMoreThanItsRowsAreWorth()
    {
        var row = NodeReports.Small("n").Endpoints[0];
        var many = NodeReports.Small("n") with { Endpoints = [.. Enumerable.Repeat(row, NodeReportCodec.MaxEndpoints + 1)] };
        Assert.Equal(CodecRefusal.Damaged, NodeReportCodec.Read(NodeReportCodec.Write(many)).Refusal);

        var most = NodeReportCodec.Write(many with { Endpoints = [.. many.Endpoints.Skip(1)] });
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.NotNull(NodeReportCodec.Read(most).Report);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 48 << 20);
    }

    [Fact]
    public void Write_250BusyEndpoints_StaysBelow256KiBAndFarBelowJson()
    {
        var report = NodeReports.Busy(250);
        var binary = NodeReportCodec.Write(report);
        var json = JsonSerializer.SerializeToUtf8Bytes(report, MeasurementJson.Default.NodeReport);
        var filled = report.Endpoints.Average(row => row.Traffic.Latency.FilledCounts.ToArray().Count(count => count > 0));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{filled:0} filled buckets an endpoint; binary {binary.Length} B, JSON {json.Length} B, ratio " +
            $"{(double)json.Length / binary.Length:0.00}; "
            + $"write {Microseconds(() => NodeReportCodec.Write(report)):0} µs, JSON " +
                $"{Microseconds(() => JsonSerializer.SerializeToUtf8Bytes(report, MeasurementJson.Default.NodeReport)):0} µs; "
            + $"read {Microseconds(() => NodeReportCodec.Read(binary)):0} µs, JSON " +
                $"{Microseconds(() => JsonSerializer.Deserialize(json, MeasurementJson.Default.NodeReport)):0} µs");

        Assert.InRange(filled, 100, HistogramLayout.BucketCount);
        Assert.InRange(binary.Length, 1, Limit - 1);
        Assert.True(binary.Length * 2 < json.Length, $"{binary.Length} B against {json.Length} B of JSON");
        Assert.InRange(NodeReportCodec.Write(NodeReports.Busy(250, 1_000_000_000)).Length, 1, Limit - 1);
    }

    /// <summary>The least of many runs: what the work takes when nothing else has the processor.</summary>
    private static double Microseconds(Action work)
    {
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < 40; i++)
        {
            var began = Stopwatch.GetTimestamp();
            work();
            var took = Stopwatch.GetElapsedTime(began);
            if (took < best) best = took;
        }

        return best.TotalMicroseconds;
    }

    private static string Json(NodeReport report) => JsonSerializer.Serialize(report, MeasurementJson.Default.NodeReport);
}
