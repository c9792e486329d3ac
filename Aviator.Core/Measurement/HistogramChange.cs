using System.Buffers.Binary;

namespace Aviator.Core.Measurement;

/// <summary>
/// By how much each count of a histogram changed between two readings of it, or the sum of several such changes. Counts that started over
/// give negative changes, so that sums stay exact.
/// </summary>
/// <remarks>
/// In bytes: the width of a number (0 when nothing changed), then the first bucket that changed, how many follow up to the last that did,
/// and a number for each. Within seconds few buckets change, and by little, so that a number is mostly one byte.
/// </remarks>
/// <param name="buckets">Where the changes are held: <see cref="HistogramLayout.BucketCount"/> numbers of any value.</param>
internal ref struct HistogramChange(Span<long> buckets)
{
    private readonly Span<long> _buckets = buckets;

    /// <summary>Buckets from here to <see cref="_end"/> are in use; nothing changed in others, which are not cleared either.</summary>
    private int _first;

    private int _end;

    /// <summary>Whether any count is lower than before.</summary>
    public readonly bool AnyNegative => Touched.ContainsAnyInRange(long.MinValue, -1L);

    /// <summary>Whether any count is another than before.</summary>
    public readonly bool Any => Touched.ContainsAnyExcept(0L);

    private readonly ReadOnlySpan<long> Touched => _buckets[_first.._end];

    /// <summary>Adds the change from one histogram to another.</summary>
    public void Add(LatencyHistogram earlier, LatencyHistogram later)
    {
        if (ReferenceEquals(earlier, later)) return;
        var counts = later.FilledCounts;
        var to = Touch(later.FirstBucket, counts.Length);
        for (var i = 0; i < to.Length; i++) to[i] += counts[i];
        counts = earlier.FilledCounts;
        to = Touch(earlier.FirstBucket, counts.Length);
        for (var i = 0; i < to.Length; i++) to[i] -= counts[i];
    }

    /// <summary>Adds a change that was written.</summary>
    public void Add(ref ByteReader input)
    {
        var width = input.Byte();
        if (width == 0) return;
        var first = (int)input.Number();
        var to = Touch(first, (int)input.Number());
        var changes = input.Bytes(to.Length * width);
        switch (width)
        {
            case sizeof(byte):
                for (var i = 0; i < to.Length; i++) to[i] += changes[i];
                break;
            case sizeof(short):
                for (var i = 0; i < to.Length; i++) to[i] += BinaryPrimitives.ReadInt16LittleEndian(changes[(i * width)..]);
                break;
            case sizeof(int):
                for (var i = 0; i < to.Length; i++) to[i] += BinaryPrimitives.ReadInt32LittleEndian(changes[(i * width)..]);
                break;
            default:
                for (var i = 0; i < to.Length; i++) to[i] += BinaryPrimitives.ReadInt64LittleEndian(changes[(i * width)..]);
                break;
        }
    }

    /// <summary>Takes back a change that is part of this one.</summary>
    public void Subtract(scoped in HistogramChange other)
    {
        var changes = other.Touched;
        var to = Touch(other._first, changes.Length);
        for (var i = 0; i < to.Length; i++) to[i] -= changes[i];
    }

    /// <summary>Writes the change.</summary>
    public readonly void Write(ByteWriter output)
    {
        var start = Touched.IndexOfAnyExcept(0L);
        if (start < 0)
        {
            output.Byte(0);
            return;
        }

        var changes = Touched[start..(Touched.LastIndexOfAnyExcept(0L) + 1)];
        var width = Width(changes);
        output.Byte(width);
        output.Number(_first + start);
        output.Number(changes.Length);
        var to = output.Room(changes.Length * width);
        var at = 0;
        foreach (var change in changes)
            for (var shift = 0; shift < 8 * width; shift += 8)
                to[at++] = (byte)(change >> shift);
    }

    /// <summary>What was counted meanwhile; of use only when no count is negative.</summary>
    public readonly LatencyHistogram ToHistogram() => LatencyHistogram.FromRange(_first, Touched);

    /// <summary>Bytes that any of the numbers fits into; one byte holds 0 to 255, more than one hold signed numbers.</summary>
    private static byte Width(ReadOnlySpan<long> changes)
    {
        if (!changes.ContainsAnyExceptInRange(byte.MinValue, byte.MaxValue)) return sizeof(byte);
        if (!changes.ContainsAnyExceptInRange(short.MinValue, short.MaxValue)) return sizeof(short);
        return changes.ContainsAnyExceptInRange(int.MinValue, int.MaxValue) ? (byte)sizeof(long) : (byte)sizeof(int);
    }

    private Span<long> Touch(int first, int length)
    {
        if (length == 0) return [];
        if (_end == 0) _first = _end = first;
        var end = first + length;
        if (first < _first)
        {
            _buckets[first.._first].Clear();
            _first = first;
        }

        if (end > _end)
        {
            _buckets[_end..end].Clear();
            _end = end;
        }

        return _buckets[first..end];
    }
}
