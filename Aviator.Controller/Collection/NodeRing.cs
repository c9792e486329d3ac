using System.Runtime.CompilerServices;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;

namespace Aviator.Controller.Collection;

/// <summary>
/// One node's reports of one epoch, newest last, bounded: the newest <see cref="Recent"/> as they came, older ones thinned out so that
/// <see cref="Older"/> of them span the retention.
/// </summary>
[SkipLocalsInit] // buffers of changes need no zeros
internal sealed class NodeRing(string epoch)
{
    /// <summary>Snapshots kept as they came.</summary>
    public const int Recent = 16;

    /// <summary>Older snapshots kept, evenly apart.</summary>
    public const int Older = 32;

    private readonly List<Snapshot> _snapshots = [];
    private readonly NodeRows _rows = new();

    /// <summary>The epoch of all of them.</summary>
    public string Epoch { get; } = epoch;

    /// <summary>The agent's time between reads.</summary>
    public TimeSpan SubWindow { get; private set; }

    /// <summary>The agent's source.</summary>
    public LatencySource Source { get; private set; }

    /// <summary>The agent's hooks, or why it has none.</summary>
    public string SourceDetail { get; private set; } = "";

    /// <summary>The newest; null before the first.</summary>
    public Snapshot? Newest => _snapshots.Count == 0 ? null : _snapshots[^1];

    /// <summary>The endpoints' rows in the newest.</summary>
    public IEnumerable<SnapshotRow> NewestRows => _rows.Newest;

    /// <summary>Number of snapshots held.</summary>
    public int Count => _snapshots.Count;

    /// <summary>Adds a report of this epoch; false when it is not newer than what is there.</summary>
    public bool Add(NodeReport report, TimeSpan arrivedAt, TimeSpan retention)
    {
        if (Newest is { } newest && report.Sequence <= newest.Sequence) return false;
        SubWindow = TimeSpan.FromSeconds(Math.Clamp(report.SubWindowSeconds, 0, 3600));
        (Source, SourceDetail) = (report.Source, report.SourceDetail);
        var measuredAt = arrivedAt - TimeSpan.FromSeconds(Math.Clamp(report.AgeSeconds, 0, 86_400));
        if (Newest is { } before && measuredAt <= before.MeasuredAt) measuredAt = before.MeasuredAt + TimeSpan.FromTicks(1);
        _rows.Add(report, measuredAt);
        _snapshots.Add(new Snapshot(report.Sequence, measuredAt, arrivedAt));
        Thin(retention);
        return true;
    }

    /// <summary>
    /// The endpoint's window back to <paramref name="from"/> at the longest, grown step by step from <paramref name="window"/> until it
    /// holds <paramref name="minSamples"/>.
    /// </summary>
    public MeasuredWindow Grow(RowKey key, TimeSpan window, long minSamples, TimeSpan from, bool probe)
    {
        var (start, best) = (Start(window, from, key, probe), MeasuredWindow.Empty);
        if (_rows.InNewest(key) is not { } rows) return best;
        if (!probe) start = SkipIdle(start, rows.Last, FirstAfter(TimeSpan.MinValue, from));
        var windows = new WindowsBack(rows, Newest!, probe, stackalloc long[CounterChange.BufferLength]);
        for (var i = start; i >= 0 && _snapshots[i].MeasuredAt >= from; i--)
        {
            if (windows.From(_snapshots[i]) is not { } wider) break;
            best = wider;
            if (best.Duration >= window && best.Latency.Count >= minSamples) break;
        }

        return best;
    }

    /// <summary>
    /// What the endpoint answered within the last <paramref name="window"/>, cut into at most <paramref name="parts"/> spans of at least
    /// an equal part of it, the newest first; it ends where counters restarted, and where the endpoint was not counted yet.
    /// </summary>
    public IReadOnlyList<MeasuredWindow> Spans(RowKey key, TimeSpan window, int parts)
    {
        var spans = new List<MeasuredWindow>(parts);
        var (later, length) = (_snapshots.Count - 1, window / parts);
        for (var i = later - 1; i >= 0 && _snapshots[^1].MeasuredAt - _snapshots[i].MeasuredAt <= window; i--)
        {
            if (_snapshots[later].MeasuredAt - _snapshots[i].MeasuredAt < length) continue;
            if (Between(key, _snapshots[i], _snapshots[later], probe: false) is not { } span) break;
            spans.Add(span);
            later = i;
        }

        return spans;
    }

    /// <summary>
    /// The newest snapshot that lies a whole window back, unless counters restarted since: then growing starts with the newest.
    /// </summary>
    private int Start(TimeSpan window, TimeSpan from, RowKey key, bool probe)
    {
        var first = _snapshots.Count - 2;
        var i = first;
        while (i > 0 && _snapshots[^1].MeasuredAt - _snapshots[i].MeasuredAt < window && _snapshots[i - 1].MeasuredAt >= from) i--;
        return i < 0 || i == first || HasOnlyGrown(key, _snapshots[i], probe) || Between(key, _snapshots[i], probe) is not null ? i : first;
    }

    /// <summary>
    /// Where growing goes on from <paramref name="start"/>: while nothing was counted, only the widest window matters. An idle endpoint's
    /// would else be cut dozens of times in each evaluation.
    /// </summary>
    private int SkipIdle(int start, SnapshotRow row, int least)
    {
        var i = start;
        while (i > least && _snapshots[i - 1].MeasuredAt >= row.SameSince) i--;
        return i;
    }

    /// <summary>Whether no counter of the endpoint's traffic went down since a snapshot that it has a row in.</summary>
    private bool HasOnlyGrown(RowKey key, Snapshot earlier, bool probe) =>
        !probe && NewestRow(key) is { } row && earlier.MeasuredAt >= row.GrowsSince;

    /// <summary>What came in reports that arrived after <paramref name="since"/>, of the time after <paramref name="from"/>.</summary>
    public MeasuredWindow Fresh(RowKey key, TimeSpan since, TimeSpan from, bool probe)
    {
        var first = FirstAfter(since, from);
        if (first < _snapshots.Count - 1 && HasOnlyGrown(key, _snapshots[first], probe))
            return Between(key, _snapshots[first], probe) ?? MeasuredWindow.Empty;
        var best = MeasuredWindow.Empty;
        if (_rows.InNewest(key) is not { } rows) return best;
        var windows = new WindowsBack(rows, Newest!, probe, stackalloc long[CounterChange.BufferLength]);
        for (var i = _snapshots.Count - 2; i >= first && windows.From(_snapshots[i]) is { } wider; i--) best = wider;
        return best;
    }

    /// <summary>The end of what <see cref="Fresh"/> gives, in which nothing was answered.</summary>
    public MeasuredWindow Silence(RowKey key, TimeSpan since, TimeSpan from)
    {
        var (first, best) = (FirstAfter(since, from), MeasuredWindow.Empty);
        if (_rows.InNewest(key) is not { } rows) return best;
        var windows = new WindowsBack(rows, Newest!, probe: false, stackalloc long[CounterChange.BufferLength]);
        for (var i = SkipIdle(_snapshots.Count - 2, rows.Last, first); i >= first; i--)
        {
            if (windows.From(_snapshots[i]) is not { HasAnswers: false } wider) break;
            best = wider;
        }

        return best;
    }

    /// <summary>
    /// The snapshot that a window begins with which holds all that arrived after <paramref name="since"/>, of the time after
    /// <paramref name="from"/>; the newest when nothing did.
    /// </summary>
    private int FirstAfter(TimeSpan since, TimeSpan from)
    {
        var first = _snapshots.Count - 1;
        while (first > 0 && _snapshots[first].ArrivedAt > since && _snapshots[first - 1].MeasuredAt >= from) first--;
        return first;
    }

    /// <summary>
    /// Share of the endpoint's requests that failed or were throttled within about the last <paramref name="span"/>, 0 to 1; 0 when it had
    /// none, or nothing is known of so long ago.
    /// </summary>
    public double FailureShare(RowKey key, TimeSpan span)
    {
        if (Newest is not { } newest || _rows.InNewest(key) is not { } rows) return 0;
        var earlier = _snapshots.FindLast(snapshot => newest.MeasuredAt - snapshot.MeasuredAt >= span) ?? _snapshots[0];
        if (rows.Load(earlier.Sequence) is null) return 0;
        var windows = new WindowsBack(rows, newest, probe: false, stackalloc long[CounterChange.BufferLength]);
        windows.To(earlier);
        var (failed, requests) = (windows.Figures.Failures + windows.Figures.Statuses.Throttled, windows.Figures.Requests);
        return requests <= 0 || failed <= 0 ? 0 : (double)failed / requests;
    }

    /// <summary>The endpoint's row in the newest snapshot; null when it has none.</summary>
    public SnapshotRow? NewestRow(RowKey key) => _rows.InNewest(key)?.Last;

    /// <summary>
    /// What was in flight at the endpoint in the last snapshot that was measured at least so long before the newest; null when it has none.
    /// </summary>
    public RowLoad? LoadBefore(RowKey key, TimeSpan apart)
    {
        if (_rows.Of(key) is not { } rows) return null;
        var i = _snapshots.Count - 2;
        while (i >= 0 && _snapshots[^1].MeasuredAt - _snapshots[i].MeasuredAt < apart) i--;
        return i < 0 ? null : rows.Load(_snapshots[i].Sequence);
    }

    /// <summary>What was in flight at the endpoint in snapshots that were measured from then on, newest first.</summary>
    public IEnumerable<(Snapshot Snapshot, RowLoad Load)> Loads(RowKey key, TimeSpan from)
    {
        if (_rows.Of(key) is not { } rows) yield break;
        for (var i = _snapshots.Count - 1; i >= 0 && _snapshots[i].MeasuredAt >= from; i--)
            if (rows.Load(_snapshots[i].Sequence) is { } load)
                yield return (_snapshots[i], load);
    }

    /// <summary>
    /// How many probes of the endpoint ended after <paramref name="from"/>, as far back as the ring reaches. Older ones are of another
    /// life: an endpoint that was idle, then busy, then taken out is not to be judged by what it answered when it was idle.
    /// </summary>
    public long ProbesSince(RowKey key, TimeSpan from)
    {
        var first = _snapshots.FindIndex(snapshot => snapshot.MeasuredAt >= from);
        return first >= 0 && Between(key, _snapshots[first], probe: true) is { } since ? since.Latency.Count : 0;
    }

    /// <summary>
    /// The difference between the newest snapshot and an earlier one. A row missing from the earlier one was not counted yet, so its
    /// counters began at zero after it; null when the counters do not belong together.
    /// </summary>
    private MeasuredWindow? Between(RowKey key, Snapshot earlier, bool probe) =>
        Newest is { } newest ? Between(key, earlier, newest, probe) : null;

    /// <inheritdoc cref="Between(RowKey, Snapshot, bool)"/>
    private MeasuredWindow? Between(RowKey key, Snapshot earlier, Snapshot later, bool probe) =>
        _rows.Of(key) is { } rows && rows.Load(later.Sequence) is not null
            ? new WindowsBack(rows, later, probe, stackalloc long[CounterChange.BufferLength]).From(earlier)
            : null;

    /// <summary>Forgets all reports but the newest, which tells what a newer one is.</summary>
    public void KeepNewest()
    {
        if (_snapshots.Count < 2) return;
        _snapshots.RemoveRange(0, _snapshots.Count - 1);
        _rows.ForgetBefore(_snapshots[0].Sequence);
    }

    private void Thin(TimeSpan retention)
    {
        var oldest = Newest!.MeasuredAt - retention;
        while (_snapshots.Count > 2 && _snapshots[1].MeasuredAt <= oldest) _snapshots.RemoveAt(0);
        var apart = retention / Older;
        for (var i = 1; i < _snapshots.Count - Recent;)
        {
            if (_snapshots[i + 1].MeasuredAt - _snapshots[i - 1].MeasuredAt <= apart)
            {
                _rows.Skip(_snapshots[i].Sequence);
                _snapshots.RemoveAt(i);
            }
            else
            {
                i++;
            }
        }

        _rows.ForgetBefore(_snapshots[0].Sequence);
    }
}
