namespace Aviator.Simulation;

/// <summary>One client's pool of probe answers, at most one of each pod.</summary>
internal sealed class ProbePool(double quantile)
{
    public const int Size = 16;
    private const double AgeLimit = 1;
    private const int RifsKept = 64;
    private readonly List<Entry> _entries = new(Size);
    private readonly Queue<int> _rifs = new(RifsKept);
    private readonly List<int> _rifCounts = [];
    private bool _removeWorst;

    public void Add(SimulatedPod pod, int rif, double latency, double now, int uses)
    {
        _entries.RemoveAll(entry => entry.Pod == pod);
        if (_entries.Count == Size) _entries.RemoveAt(0);
        _entries.Add(new Entry { Pod = pod, Rif = rif, Latency = latency, At = now, Uses = uses });
        while (_rifCounts.Count <= rif) _rifCounts.Add(0);
        _rifCounts[rif]++;
        _rifs.Enqueue(rif);
        if (_rifs.Count > RifsKept) _rifCounts[_rifs.Dequeue()]--;
    }

    /// <summary>Drops what is too old, and pods that are gone.</summary>
    public void Expire(double now)
    {
        for (var i = _entries.Count - 1; i >= 0; i--)
            if (_entries[i].Pod.Stopped || now - _entries[i].At > AgeLimit)
                _entries.RemoveAt(i);
    }

    /// <summary>The best of the pool by the hot-cold rule; null when the pool has fewer than two.</summary>
    public SimulatedPod? Choose()
    {
        if (_entries.Count < 2) return null;
        var hot = HotAbove();
        var best = _entries[0];
        foreach (var entry in _entries)
            if (IsBetter(entry, best, hot))
                best = entry;
        best.Rif++; // what was sent there since the probe
        if (--best.Uses <= 0) _entries.Remove(best);
        return best.Pod;
    }

    /// <summary>Removes the oldest and the worst in turn, so that neither stale nor bad probes fill the pool.</summary>
    public void RemoveOne()
    {
        if (_entries.Count == 0) return;
        _removeWorst = !_removeWorst;
        if (!_removeWorst)
        {
            _entries.RemoveAt(0);
            return;
        }

        var hot = HotAbove();
        var worst = _entries[0];
        foreach (var entry in _entries)
            if (IsBetter(worst, entry, hot))
                worst = entry;
        _entries.Remove(worst);
    }

    private static bool IsBetter(Entry one, Entry other, int hot)
    {
        var (isHot, otherIsHot) = (one.Rif > hot, other.Rif > hot);
        if (isHot != otherIsHot) return otherIsHot;
        return isHot ? one.Rif < other.Rif : one.Latency < other.Latency;
    }

    private int HotAbove()
    {
        var (below, rif) = (0, -1);
        while (below <= quantile * _rifs.Count && rif + 1 < _rifCounts.Count) below += _rifCounts[++rif];
        return rif;
    }

    private sealed class Entry
    {
        public required SimulatedPod Pod { get; init; }

        public int Rif { get; set; }

        public required double Latency { get; init; }

        public required double At { get; init; }

        public int Uses { get; set; }
    }
}
