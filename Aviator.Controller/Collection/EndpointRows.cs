using System.Buffers;
using System.Runtime.CompilerServices;

namespace Aviator.Controller.Collection;

/// <summary>
/// One endpoint's rows in the reports of its node. The last is whole; of each earlier one only is kept by how much the counters changed
/// from it to the next, which takes about a hundred bytes where a whole row takes over a thousand, and what was in flight.
/// </summary>
[SkipLocalsInit] // buffers of changes need no zeros
internal sealed class EndpointRows(SnapshotRow first, long sequence)
{
    /// <summary>Dozens of rows are held of each endpoint: room is made for a few at a time.</summary>
    private const int RoomFor = 8;

    /// <summary>In the order of their reports.</summary>
    private readonly List<PastRow> _past = [];

    /// <summary>The newest row that there is.</summary>
    public SnapshotRow Last { get; private set; } = first;

    /// <summary>The report that it is of, which is the node's last one unless the endpoint has gone.</summary>
    public long LastSequence { get; private set; } = sequence;

    /// <summary>Number of rows before <see cref="Last"/>.</summary>
    public int PastCount => _past.Count;

    /// <summary>A row before <see cref="Last"/>, from the oldest, 0, on.</summary>
    public PastRow this[int index] => _past[index];

    /// <summary>Adds the row of a newer report.</summary>
    /// <param name="row">The row.</param>
    /// <param name="sequence">Its report.</param>
    /// <param name="scratch">Written over; for many rows it is the same.</param>
    public void Add(SnapshotRow row, long sequence, ArrayBufferWriter<byte> scratch)
    {
        var traffic = new CounterChange(stackalloc long[CounterChange.BufferLength]);
        traffic.Add(Last.Traffic, row.Traffic);
        var probe = new CounterChange(stackalloc long[CounterChange.BufferLength]);
        probe.Add(Last.Probe, row.Probe);
        if (_past.Count == _past.Capacity) _past.Capacity += RoomFor;
        _past.Add(PastRow.Of(LastSequence, Last.Load, traffic, probe, _past.Count > 0 ? _past[^1] : default, scratch));
        (Last, LastSequence) = (row, sequence);
    }

    /// <summary>Forgets the row of one report between others: the change from the row before it now leads to the one after it.</summary>
    /// <param name="sequence">The report.</param>
    /// <param name="scratch">Written over; for many rows it is the same.</param>
    public void Skip(long sequence, ArrayBufferWriter<byte> scratch)
    {
        var index = IndexFrom(sequence);
        if (index >= _past.Count || _past[index].Sequence != sequence) return;
        if (index > 0)
        {
            var (before, skipped) = (_past[index - 1], _past[index]);
            var traffic = new CounterChange(stackalloc long[CounterChange.BufferLength]);
            traffic.Add(before.Traffic);
            traffic.Add(skipped.Traffic);
            var probe = new CounterChange(stackalloc long[CounterChange.BufferLength]);
            probe.Add(before.Probe);
            probe.Add(skipped.Probe);
            _past[index - 1] = PastRow.Of(before.Sequence, before.Load, traffic, probe, before, scratch);
        }

        _past.RemoveAt(index);
    }

    /// <summary>Forgets the rows before that of a report, but for the last one.</summary>
    public void ForgetBefore(long sequence) => _past.RemoveRange(0, IndexFrom(sequence));

    /// <summary>What was in flight at a report; null where the endpoint has no row in it.</summary>
    public RowLoad? Load(long sequence) => IndexFrom(sequence) is var index && SequenceAt(index) == sequence ? LoadAt(index) : null;

    /// <summary>The report of the row at an index, the last row's being <see cref="PastCount"/>.</summary>
    public long SequenceAt(int index) => index < _past.Count ? _past[index].Sequence : LastSequence;

    /// <summary>What was in flight in the row at an index.</summary>
    public RowLoad LoadAt(int index) => index < _past.Count ? _past[index].Load : Last.Load;

    /// <summary>The first past row that is of that report or of a later one; their number where there is none.</summary>
    public int IndexFrom(long sequence)
    {
        var (low, high) = (0, _past.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_past[middle].Sequence < sequence) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
