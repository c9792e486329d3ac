using Aviator.Agent.Bpf;
using Aviator.Core.Steering;

namespace Aviator.Agent.Steering;

/// <summary>
/// What the kernel's table holds, and how it changes under connects that read it: fill free slots, publish them by one word, wait until
/// no hook reads the old ones, and only then use those again. Not thread-safe.
/// </summary>
internal sealed class ConnectEntries : IDisposable
{
    private readonly BpfMap _services;
    private readonly SharedArray<ServiceRow> _rows;
    private readonly SharedArray<EndpointSlot> _slots;
    private readonly EndpointCells _cells;
    private readonly Dictionary<ServiceKey, Entry> _entries = [];
    private readonly SlotRanges _ranges;
    private readonly Stack<int> _freeRows = new();
    private readonly ProgramBarrier _barrier;

    /// <summary>What hooks may still read; free after the next wait.</summary>
    private readonly List<SlotRange> _oldRanges = [];
    private readonly List<int> _oldRows = [];
    private uint _generation;

    /// <summary>Reads what is there: nothing, or what an earlier process left.</summary>
    internal ConnectEntries(BpfObject obj)
    {
        _services = obj.Map(ConnectMaps.Services);
        _rows = new SharedArray<ServiceRow>(obj, ConnectMaps.Rows);
        _slots = new SharedArray<EndpointSlot>(obj, ConnectMaps.Slots);
        _barrier = new ProgramBarrier(obj.Map(ConnectMaps.Barrier));
        _services.ForEach((in EndpointKey key, in uint row) =>
        {
            var word = TableWord.From(Volatile.Read(ref _rows[(int)row].Table));
            // Its endpoints are not known here: the first order writes them anew, and the Service's counters stay.
            _entries[ServiceKey.FromKernel(key)] = new Entry((int)row, new SlotRange(word.First, word.Length), null, []);
            _generation = Math.Max(_generation, word.Generation);
        });
        _cells = new EndpointCells(obj, _entries.Values.SelectMany(entry => Named(entry.Range)).ToList());
        _ranges = new SlotRanges(_slots.Length, _entries.Values.Select(entry => entry.Range));
        var taken = _entries.Values.Select(entry => entry.Row).ToHashSet();
        for (var row = _rows.Length - 1; row >= 0; row--)
            if (!taken.Contains(row))
                _freeRows.Push(row);
        // The process before may have been killed between publishing and waiting.
        if (_entries.Count > 0) _barrier.Await();
    }

    internal IEnumerable<ServiceKey> Keys => _entries.Keys;

    /// <summary>Makes entries be as planned and takes others out.</summary>
    /// <exception cref="InvalidOperationException">There are too many, and nothing has changed; or the kernel refused.</exception>
    internal void Change(IReadOnlyCollection<ServicePlan> plans, IReadOnlyCollection<ServiceKey> gone)
    {
        var changed = plans.Where(plan => !Holds(plan)).Select(plan => new Draft(plan)).ToList();
        try
        {
            ReleaseOld(); // of a change that failed
            Reserve(changed);
            Insert(changed);
            foreach (var draft in changed.Where(draft => !draft.IsNew)) Publish(draft);
            foreach (var plan in plans) Refresh(plan);
            foreach (var key in gone.Where(_entries.ContainsKey)) Delete(key);
            ReleaseOld();
        }
        catch (LibBpfException e)
        {
            throw new InvalidOperationException($"The kernel refused a change of the table: {e.Message}.", e);
        }
    }

    internal IEnumerable<ConnectCounts> Read() =>
        _entries.Select(entry => (entry.Key, Row: entry.Value.Row)).Select(entry => new ConnectCounts(
            entry.Key.Address, entry.Key.Port, (long)Volatile.Read(ref _rows[entry.Row].Steered),
            (long)Volatile.Read(ref _rows[entry.Row].Passed)));

    /// <summary>Connections that this node's clients have open to each endpoint.</summary>
    internal IEnumerable<(ServiceKey Endpoint, int Open)> ReadOpen() => _cells.Read();

    public void Dispose()
    {
        _barrier.Dispose();
        _cells.Dispose();
        _rows.Dispose();
        _slots.Dispose();
    }

    private bool Holds(ServicePlan plan) =>
        _entries.TryGetValue(plan.Key, out var entry) && entry.Targets is { } targets && targets.AsSpan().SequenceEqual(plan.Targets);

    /// <summary>Takes rows and slots for all of them and fills the slots, or takes nothing.</summary>
    private void Reserve(List<Draft> drafts)
    {
        foreach (var draft in drafts)
        {
            draft.IsNew = !_entries.TryGetValue(draft.Plan.Key, out var entry);
            if (draft.IsNew && _freeRows.Count == 0)
                throw TooMany(drafts, $"more addresses and ports of Services than the table's {_rows.Length}");
            if (!_ranges.TryTake(draft.Plan.Targets.Length, out var range))
                throw TooMany(drafts, $"more endpoints than the table's {_slots.Length} slots take, what they replace included");
            draft.Range = range;
            draft.Row = draft.IsNew ? _freeRows.Pop() : entry!.Row;
            draft.IsReserved = true;
        }

        foreach (var draft in drafts) Fill(draft);
    }

    private InvalidOperationException TooMany(List<Draft> drafts, string what)
    {
        GiveBack(drafts);
        return new InvalidOperationException($"There are {what}.");
    }

    private void GiveBack(IEnumerable<Draft> drafts)
    {
        foreach (var draft in drafts.Where(draft => draft.IsReserved))
        {
            _ranges.Release(draft.Range);
            if (draft.IsNew) _freeRows.Push(draft.Row);
        }
    }

    private void Fill(Draft draft)
    {
        _generation = (_generation + 1) % TableWord.Generations;
        draft.Word = new TableWord(draft.Range.First, draft.Range.Length, _generation);
        var targets = draft.Plan.Targets;
        var columns = DrawColumn.Build(targets);
        for (var i = 0; i < targets.Length; i++)
        {
            var endpoint = new ServiceKey(targets[i].Address, targets[i].Port);
            _slots[draft.Range.First + i] = new EndpointSlot
            {
                Endpoint = endpoint.ToKernel(),
                Generation = _generation,
                Own = columns[i].Own,
                Alias = columns[i].Alias,
                Weight = targets[i].Weight,
                Cell = (uint)_cells.Take(endpoint),
                PeersFirst = columns[i].PeersFirst,
                Peers = columns[i].Peers,
                PeerOwn = columns[i].PeerOwn,
                PeerAlias = columns[i].PeerAlias,
            };
        }
    }

    /// <summary>The rows first, then the keys that lead to them.</summary>
    private void Insert(List<Draft> drafts)
    {
        var inserted = new List<Draft>();
        try
        {
            foreach (var draft in drafts.Where(draft => draft.IsNew))
            {
                _rows[draft.Row] = new ServiceRow { FailOpenAfterNs = draft.Plan.FailOpenAfterNs, Table = draft.Word.ToUInt64() };
                inserted.Add(draft);
                _services.SetNew(draft.Plan.Key.ToKernel(), (uint)draft.Row);
                var means = new InFlightMean[draft.Plan.Targets.Length];
                _entries[draft.Plan.Key] = new Entry(draft.Row, draft.Range, draft.Plan.Targets, means);
            }
        }
        catch (LibBpfException)
        {
            foreach (var draft in drafts) Retire(draft.Range, draft.IsNew ? draft.Row : null);
            foreach (var draft in inserted)
            {
                _entries.Remove(draft.Plan.Key);
                _services.Delete(draft.Plan.Key.ToKernel());
            }

            ReleaseOld();
            throw;
        }
    }

    /// <summary>Puts an entry's new endpoints in the place of the old ones.</summary>
    private void Publish(Draft draft)
    {
        var old = _entries[draft.Plan.Key];
        var known = (old.Targets ?? []).Zip(old.InFlight).ToDictionary(pair => (pair.First.Address, pair.First.Port), pair => pair.Second);
        var targets = draft.Plan.Targets;
        var means = Array.ConvertAll(targets, target => known.GetValueOrDefault((target.Address, target.Port)));
        // Before anything is chosen by it: what is in flight is not nothing because the table is new.
        for (var i = 0; i < targets.Length; i++) _slots[draft.Range.First + i].Beside = means[i].Beside;
        Volatile.Write(ref _rows[draft.Row].Table, draft.Word.ToUInt64());
        _entries[draft.Plan.Key] = new Entry(draft.Row, draft.Range, targets, means);
        Retire(old.Range, null);
    }

    /// <summary>A new report is one more figure of what is in flight.</summary>
    private void Refresh(ServicePlan plan)
    {
        var entry = _entries[plan.Key];
        Volatile.Write(ref _rows[entry.Row].FailOpenAfterNs, plan.FailOpenAfterNs);
        for (var i = 0; i < plan.Loads.Length; i++)
        {
            ref var slot = ref _slots[entry.Range.First + i];
            Volatile.Write(ref slot.Beside, entry.InFlight[i].Next(plan.Loads[i], _cells.Settle((int)slot.Cell)));
        }
    }

    private void Delete(ServiceKey key)
    {
        var entry = _entries[key];
        _services.Delete(key.ToKernel());
        _entries.Remove(key);
        Retire(entry.Range, entry.Row);
    }

    private void Retire(SlotRange range, int? row)
    {
        if (range.Length > 0) _oldRanges.Add(range);
        if (row is { } number) _oldRows.Add(number);
    }

    /// <summary>Waits until no hook runs that began before, and frees what they may have read.</summary>
    private void ReleaseOld()
    {
        if (_oldRanges.Count == 0 && _oldRows.Count == 0) return;
        _barrier.Await();
        foreach (var range in _oldRanges)
        {
            foreach (var (endpoint, _) in Named(range)) _cells.Release(endpoint);
            _ranges.Release(range);
        }

        foreach (var row in _oldRows) _freeRows.Push(row);
        _oldRanges.Clear();
        _oldRows.Clear();
    }

    /// <summary>The endpoints in a run of slots, and their cells.</summary>
    private IEnumerable<(ServiceKey Endpoint, int Cell)> Named(SlotRange range)
    {
        for (var i = range.First; i < range.End; i++) yield return (ServiceKey.FromKernel(_slots[i].Endpoint), (int)_slots[i].Cell);
    }

    /// <param name="Row">Its row in the kernel, for as long as it is there.</param>
    /// <param name="Range">Its slots.</param>
    /// <param name="Targets">What is in them; null: an earlier process's, not known.</param>
    /// <param name="InFlight">What is in flight at each target.</param>
    private sealed record Entry(int Row, SlotRange Range, Target[]? Targets, InFlightMean[] InFlight);

    /// <summary>An entry that is not published yet.</summary>
    private sealed class Draft(ServicePlan plan)
    {
        public ServicePlan Plan { get; } = plan;

        public bool IsNew { get; set; }

        public bool IsReserved { get; set; }

        public int Row { get; set; }

        public SlotRange Range { get; set; }

        public TableWord Word { get; set; }
    }
}
