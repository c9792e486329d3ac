using System.Buffers;
using Aviator.Core.Measurement;

namespace Aviator.Controller.Collection;

/// <summary>What was in flight at an endpoint when a report was made, and what its inference engine said.</summary>
/// <param name="Rif">Requests in flight; of a report that came as JSON it may be any number.</param>
/// <param name="AnswersUnderWay">Those whose answer is under way, 0 or more and never more than are in flight.</param>
/// <param name="Engine">The engine's own figures; null where there are none.</param>
internal readonly record struct RowLoad(long Rif, long AnswersUnderWay, EngineReport? Engine)
{
    /// <summary>Requests in flight without an answer.</summary>
    public long Waiting => Rif - AnswersUnderWay;
}

/// <summary>An endpoint's row of a report that is not its last.</summary>
internal readonly struct PastRow
{
    /// <summary>What was in flight, then the change of traffic's counters.</summary>
    private readonly byte[] _packed;

    private readonly EngineReport? _engine;

    private PastRow(long sequence, byte[] packed, byte[] probe, EngineReport? engine) =>
        (Sequence, _packed, Probe, _engine) = (sequence, packed, probe, engine);

    /// <summary>The report that it is of.</summary>
    public long Sequence { get; }

    /// <summary>The change of traffic's counters up to the endpoint's next row, as <see cref="CounterChange"/> writes it.</summary>
    public ReadOnlySpan<byte> Traffic
    {
        get
        {
            var input = new ByteReader(_packed);
            ReadLoad(ref input);
            return input.Bytes(input.Left);
        }
    }

    /// <summary>The same of probes.</summary>
    public byte[] Probe { get; }

    /// <summary>What was in flight.</summary>
    public RowLoad Load
    {
        get
        {
            var input = new ByteReader(_packed);
            var (rif, answersUnderWay) = ReadLoad(ref input);
            return new(rif, answersUnderWay, _engine);
        }
    }

    /// <summary>Packs a row.</summary>
    /// <param name="sequence">The report that it is of.</param>
    /// <param name="load">What was in flight.</param>
    /// <param name="traffic">The change of traffic's counters up to the next row.</param>
    /// <param name="probe">The same of probes.</param>
    /// <param name="like">A row that may say the same, so that it is kept once: an idle endpoint's rows all do.</param>
    /// <param name="scratch">Written over.</param>
    public static PastRow Of(
        long sequence, RowLoad load, in CounterChange traffic, in CounterChange probe, PastRow like, ArrayBufferWriter<byte> scratch)
    {
        var output = new ByteWriter(scratch);
        scratch.ResetWrittenCount();
        output.Signed(load.Rif);
        output.Signed(load.AnswersUnderWay);
        traffic.Write(output);
        var packed = Kept(scratch.WrittenSpan, like._packed);
        scratch.ResetWrittenCount();
        probe.Write(output);
        return new(sequence, packed, Kept(scratch.WrittenSpan, like.Probe), load.Engine);
    }

    private static byte[] Kept(ReadOnlySpan<byte> written, byte[]? like) =>
        written.IsEmpty ? [] : like is not null && written.SequenceEqual(like) ? like : written.ToArray();

    private static (long Rif, long AnswersUnderWay) ReadLoad(ref ByteReader input) => (input.Signed(), input.Signed());
}
