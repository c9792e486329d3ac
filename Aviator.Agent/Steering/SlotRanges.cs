namespace Aviator.Agent.Steering;

/// <summary>A run of slots.</summary>
/// <param name="First">Its first.</param>
/// <param name="Length">How many; 0 for none.</param>
internal readonly record struct SlotRange(int First, int Length)
{
    internal int End => First + Length;
}

/// <summary>Which runs of a number of slots are free: first fit, neighbours united. Not thread-safe.</summary>
internal sealed class SlotRanges
{
    private readonly List<SlotRange> _free;

    /// <param name="slots">How many there are.</param>
    /// <param name="taken">Runs that are in use; they do not overlap.</param>
    internal SlotRanges(int slots, IEnumerable<SlotRange> taken)
    {
        _free = [];
        var next = 0;
        foreach (var range in taken.Where(r => r.Length > 0).OrderBy(r => r.First))
        {
            if (range.First > next) _free.Add(new SlotRange(next, range.First - next));
            next = range.End;
        }

        if (next < slots) _free.Add(new SlotRange(next, slots - next));
    }

    /// <summary>Slots that are free.</summary>
    internal int Free => _free.Sum(range => range.Length);

    /// <summary>False when no free run is that long.</summary>
    internal bool TryTake(int length, out SlotRange taken)
    {
        taken = default;
        if (length == 0) return true;
        var index = _free.FindIndex(range => range.Length >= length);
        if (index < 0) return false;
        var found = _free[index];
        taken = found with { Length = length };
        if (found.Length == length) _free.RemoveAt(index);
        else _free[index] = new SlotRange(found.First + length, found.Length - length);
        return true;
    }

    internal void Release(SlotRange range)
    {
        if (range.Length == 0) return;
        var index = _free.FindIndex(free => free.First > range.First);
        if (index < 0) index = _free.Count;
        _free.Insert(index, range);
        Unite(index);
        if (index > 0) Unite(index - 1);
    }

    private void Unite(int index)
    {
        if (index + 1 >= _free.Count || _free[index].End != _free[index + 1].First) return;
        _free[index] = new SlotRange(_free[index].First, _free[index].Length + _free[index + 1].Length);
        _free.RemoveAt(index + 1);
    }
}
