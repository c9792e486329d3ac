using System.Runtime.CompilerServices;
using Aviator.Core.Decisions;

namespace Aviator.Controller.Collection;

/// <summary>
/// An endpoint's windows that end with one report, each beginning earlier than the one before: what changed in between is added up once
/// for all of them.
/// </summary>
internal ref struct WindowsBack
{
    private readonly EndpointRows _rows;
    private readonly Snapshot _end;
    private readonly bool _probe;
    private readonly int _endIndex;
    private CounterChange _change;

    /// <summary>The row that <see cref="_change"/> begins with.</summary>
    private int _index;

    /// <summary>Windows up to a report.</summary>
    /// <param name="rows">The endpoint's.</param>
    /// <param name="end">The report.</param>
    /// <param name="probe">Of probes rather than of traffic.</param>
    /// <param name="buffer">Of <see cref="CounterChange.BufferLength"/> numbers of any value.</param>
    public WindowsBack(EndpointRows rows, Snapshot end, bool probe, Span<long> buffer)
    {
        (_rows, _end, _probe) = (rows, end, probe);
        _change = new CounterChange(buffer);
        _index = _endIndex = rows.IndexFrom(end.Sequence);
    }

    /// <summary>By how much the counters changed since the report asked for last.</summary>
    public readonly CounterFigures Figures => _change.Figures;

    /// <summary>Goes back to a report that is no later than the one asked for before.</summary>
    public void To(Snapshot earlier)
    {
        for (; _index > 0 && _rows[_index - 1].Sequence >= earlier.Sequence; _index--) Add(ref _change, _rows[_index - 1]);
    }

    /// <summary>
    /// The window from a report on, which is no later than the one asked for before. An endpoint without a row in it was not counted yet,
    /// so its counters began at zero after it; null when the counters do not belong together.
    /// </summary>
    public MeasuredWindow? From(Snapshot earlier)
    {
        To(earlier);
        var duration = _end.MeasuredAt - earlier.MeasuredAt;
        if (_rows.SequenceAt(_index) != earlier.Sequence) return FromZero(duration);
        return _change.Window(duration, _probe ? 0 : _rows.LoadAt(_index).Waiting, _probe);
    }

    /// <summary>All that was ever counted up to the end: what is counted by now, less what came after it.</summary>
    [SkipLocalsInit] // a buffer of changes needs no zeros
    private readonly MeasuredWindow? FromZero(TimeSpan duration)
    {
        var all = new CounterChange(stackalloc long[CounterChange.BufferLength]);
        all.Add(CumulativeCounters.Zero, _probe ? _rows.Last.Probe : _rows.Last.Traffic);
        if (_endIndex == _rows.PastCount) return all.Window(duration, waitingBefore: 0, _probe);
        var after = new CounterChange(stackalloc long[CounterChange.BufferLength]);
        for (var i = _endIndex; i < _rows.PastCount; i++) Add(ref after, _rows[i]);
        all.Subtract(after);
        return all.Window(duration, waitingBefore: 0, _probe);
    }

    private readonly void Add(ref CounterChange change, PastRow row) => change.Add(_probe ? row.Probe : row.Traffic);
}
