using System.Buffers;

namespace Aviator.Core.Measurement;

/// <summary>Why a stored report is not read.</summary>
public enum CodecRefusal
{
    /// <summary>It is read.</summary>
    None,

    /// <summary>It does not begin as a report does: it is something else.</summary>
    Foreign,

    /// <summary>It is a report of a version that this code does not know.</summary>
    UnknownVersion,

    /// <summary>It begins as a report does, and is then cut off or changed.</summary>
    Damaged,

    /// <summary>It is larger than any report.</summary>
    TooLarge,
}

/// <summary>A report, or why there is none.</summary>
/// <param name="Report">The report; null when it is refused.</param>
/// <param name="Refusal">Why it is refused.</param>
/// <param name="Detail">The same for people; empty when it is read.</param>
public readonly record struct NodeReportReading(NodeReport? Report, CodecRefusal Refusal, string Detail);

/// <summary>
/// The stored form of a <see cref="NodeReport"/> (docs/state.md has the layout and the measured sizes): two bytes of mark, one of
/// version, then the fields in order; histograms as runs of filled buckets. <see cref="EndpointReport.Recent"/> is for people alone and
/// is left out.
/// </summary>
public static class NodeReportCodec
{
    /// <summary>The version that is written.</summary>
    public const byte Version = 2;

    /// <summary>The oldest version that is read: its rows say nothing of abandoned requests and status classes.</summary>
    public const byte OldestVersion = 1;

    /// <summary>The largest form that is read, in bytes: over ten times that of 250 busy endpoints.</summary>
    public const int MaxBytes = 4 << 20;

    /// <summary>Most endpoints of one node; a kubelet runs 110 pods, some are set to 500.</summary>
    public const int MaxEndpoints = 4096;

    /// <summary>Longest text of a report, in bytes of UTF-8. A report with a longer one is refused when it is read.</summary>
    public const int MaxText = 1024;

    private const byte FirstMark = (byte)'A';
    private const byte SecondMark = (byte)'v';
    private const int MaxRecent = 16;

    private static readonly WindowSummary NoSummary = new() { Seconds = 0, Count = 0, Errors = 0 };

    [Flags]
    private enum RowParts : byte
    {
        None = 0,
        SameNamespace = 1,
        Rtt = 2,
        Probe = 4,
        All = SameNamespace | Rtt | Probe,
    }

    /// <summary>Writes the report.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A counter is negative.</exception>
    public static byte[] Write(NodeReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var buffer = new ArrayBufferWriter<byte>(64 << 10);
        var output = new ByteWriter(buffer);
        output.Byte(FirstMark);
        output.Byte(SecondMark);
        output.Byte(Version);
        output.Text(report.Node);
        output.Text(report.Epoch);
        output.Number(report.Sequence);
        output.Real(report.AgeSeconds);
        output.Real(report.SubWindowSeconds);
        output.Byte((byte)report.Source);
        output.Text(report.SourceDetail);
        output.Number(report.Endpoints.Count);
        string? space = null;
        foreach (var row in report.Endpoints)
        {
            Write(output, row, row.Namespace == space);
            WriteMore(output, row);
            space = row.Namespace;
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes the report; null for one with more rows, or larger, than a reader takes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A counter is negative.</exception>
    public static byte[]? TryWrite(NodeReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return report.Endpoints.Count <= MaxEndpoints && Write(report) is { Length: <= MaxBytes } written ? written : null;
    }

    /// <summary>Reads what <see cref="Write(NodeReport)"/> wrote; anything else is refused.</summary>
    public static NodeReportReading Read(ReadOnlySpan<byte> stored)
    {
        if (stored.Length > MaxBytes) return Refuse(CodecRefusal.TooLarge, $"it has {stored.Length} bytes, a report at most {MaxBytes}");
        if (stored.Length < 3 || stored[0] != FirstMark || stored[1] != SecondMark)
            return Refuse(CodecRefusal.Foreign, "it is not an agent's report");
        if (stored[2] is < OldestVersion or > Version)
        {
            return Refuse(CodecRefusal.UnknownVersion, $"it has format {stored[2]}, this program reads formats {OldestVersion} to "
                + $"{Version}: bring agent and controller to the same version");
        }

        try
        {
            var input = new ByteReader(stored[3..]);
            var report = ReadReport(ref input, stored[2]);
            return input.Left == 0
                ? new(report, CodecRefusal.None, "")
                : Refuse(CodecRefusal.Damaged, $"it is damaged: {input.Left} bytes follow its end");
        }
        catch (FormatException fault)
        {
            return Refuse(CodecRefusal.Damaged, $"it is damaged: {fault.Message}");
        }
    }

    private static NodeReportReading Refuse(CodecRefusal refusal, string detail) => new(null, refusal, detail);

    private static NodeReport ReadReport(ref ByteReader input, byte version)
    {
        var report = new NodeReport
        {
            FormatVersion = NodeReport.CurrentFormatVersion,
            Node = input.Text(MaxText),
            Epoch = input.Text(MaxText),
            Sequence = input.Number(),
            AgeSeconds = input.Real(),
            SubWindowSeconds = input.Real(),
            Source = ReadSource(ref input),
            SourceDetail = input.Text(MaxText),
            Endpoints = [],
        };
        var rows = new List<EndpointReport>();
        for (var left = input.Number(MaxEndpoints); left > 0; left--)
        {
            var row = ReadRow(ref input, rows.Count == 0 ? "" : rows[^1].Namespace);
            rows.Add(version == 1 ? row : ReadMore(ref input, row));
        }

        return report with { Endpoints = rows };
    }

    private static LatencySource ReadSource(ref ByteReader input)
    {
        var source = input.Byte();
        return source <= (byte)LatencySource.Probe ? (LatencySource)source : throw new FormatException($"source {source} is not known");
    }

    private static void Write(ByteWriter output, EndpointReport row, bool sameNamespace)
    {
        var parts = (sameNamespace ? RowParts.SameNamespace : 0)
            | (row.NetworkRttSeconds is null ? 0 : RowParts.Rtt)
            | (row.Probe is null ? 0 : RowParts.Probe);
        output.Byte((byte)parts);
        output.Text(row.Address);
        output.Number(row.Port);
        output.Text(row.PodUid);
        if (!sameNamespace) output.Text(row.Namespace);
        output.Text(row.Pod);
        HistogramRuns.Write(output, row.Traffic.Latency);
        output.Number(row.Traffic.Requests);
        output.Number(row.Traffic.ServerErrors);
        output.Number(row.Traffic.Unanswered);
        output.Number(row.Traffic.Unmeasured);
        output.Number(row.Rif);
        output.Real(row.OldestInFlightSeconds);
        if (row.NetworkRttSeconds is { } rtt) output.Real(rtt);
        if (row.Probe is { } probe) Write(output, probe);
    }

    private static EndpointReport ReadRow(ref ByteReader input, string space)
    {
        var parts = (RowParts)input.Byte();
        if ((parts & ~RowParts.All) != 0) throw new FormatException($"a row has unknown parts {parts & ~RowParts.All:d}");
        return new EndpointReport
        {
            Address = input.Text(MaxText),
            Port = (int)input.Number(ushort.MaxValue),
            PodUid = input.Text(MaxText),
            Namespace = parts.HasFlag(RowParts.SameNamespace) ? space : input.Text(MaxText),
            Pod = input.Text(MaxText),
            Traffic = new EndpointCounters
            {
                Latency = HistogramRuns.Read(ref input),
                Requests = input.Number(),
                ServerErrors = input.Number(),
                Unanswered = input.Number(),
                Unmeasured = input.Number(),
            },
            Rif = input.Number(),
            OldestInFlightSeconds = input.Real(),
            NetworkRttSeconds = parts.HasFlag(RowParts.Rtt) ? input.Real() : null,
            Probe = parts.HasFlag(RowParts.Probe) ? ReadProbe(ref input) : null,
            Recent = NoSummary,
        };
    }

    /// <summary>
    /// What came after format 1, in a block that says its length: a reader passes over what it does not know at the end of it, so that more
    /// can be added without another format.
    /// </summary>
    private static void WriteMore(ByteWriter output, EndpointReport row)
    {
        var traffic = row.Traffic;
        if (traffic.Abandoned.Count == 0 && traffic.Statuses == default && row.AnswersUnderWay == 0 && row.Engine is null)
        {
            output.Number(0);
            return;
        }

        var buffer = new ArrayBufferWriter<byte>();
        var block = new ByteWriter(buffer);
        HistogramRuns.Write(block, traffic.Abandoned);
        block.Number(traffic.Statuses.Success);
        block.Number(traffic.Statuses.Redirects);
        block.Number(traffic.Statuses.ClientErrors);
        block.Number(traffic.Statuses.Throttled);
        block.Number(row.AnswersUnderWay);
        if (row.Engine is { } engine) Write(block, engine);
        output.Number(buffer.WrittenCount);
        output.Bytes(buffer.WrittenSpan);
    }

    private static EndpointReport ReadMore(ref ByteReader input, EndpointReport row)
    {
        var block = input.Block();
        if (block.Left == 0) return row;
        var traffic = row.Traffic with
        {
            Abandoned = HistogramRuns.Read(ref block),
            Statuses = new StatusCounts(block.Number(), block.Number(), block.Number(), block.Number()),
        };
        // An agent from before this was told ends the block here.
        var underWay = block.Left == 0 ? 0 : Math.Min(block.Number(), row.Rif);
        return row with { Traffic = traffic, AnswersUnderWay = underWay, Engine = ReadEngine(ref block) };
    }

    /// <summary>Present or not is marked, so that more can follow it; a row that ends before the mark has none.</summary>
    private static void Write(ByteWriter output, EngineReport engine)
    {
        output.Byte(1);
        output.Number(engine.Waiting);
        Optional(output, engine.CacheUse);
        output.Real(engine.AgeSeconds);
    }

    private static EngineReport? ReadEngine(ref ByteReader block)
    {
        if (block.Left == 0 || !IsPresent(ref block)) return null;
        return new EngineReport { Waiting = block.Number(), CacheUse = Optional(ref block), AgeSeconds = block.Real() };
    }

    private static void Write(ByteWriter output, ProbeReport probe)
    {
        HistogramRuns.Write(output, probe.Latency);
        output.Number(probe.Failures);
        Optional(output, probe.LastSeconds);
        output.Number(Math.Min(probe.RecentSeconds.Count, MaxRecent));
        foreach (var recent in probe.RecentSeconds.Take(MaxRecent)) Optional(output, recent);
        output.Real(probe.AgeSeconds);
    }

    private static ProbeReport ReadProbe(ref ByteReader input)
    {
        var (latency, failures, last) = (HistogramRuns.Read(ref input), input.Number(), Optional(ref input));
        var recent = new double?[input.Number(MaxRecent)];
        for (var i = 0; i < recent.Length; i++) recent[i] = Optional(ref input);
        return new ProbeReport
        {
            Latency = latency,
            Failures = failures,
            LastSeconds = last,
            RecentSeconds = recent,
            AgeSeconds = input.Real(),
        };
    }

    private static void Optional(ByteWriter output, double? value)
    {
        output.Byte(value is null ? (byte)0 : (byte)1);
        if (value is { } known) output.Real(known);
    }

    private static double? Optional(ref ByteReader input) => IsPresent(ref input) ? input.Real() : null;

    private static bool IsPresent(ref ByteReader input) => input.Byte() switch
    {
        0 => false,
        1 => true,
        var mark => throw new FormatException($"invalid presence marker {mark} (expected 0 or 1)"),
    };
}
