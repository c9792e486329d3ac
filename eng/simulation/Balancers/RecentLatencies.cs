namespace Aviator.Simulation;

/// <summary>
/// Prequal's part in a pod: the last latencies, by how many requests were in flight when each began. Those older than 10 s are no longer
/// recent.
/// </summary>
internal sealed class RecentLatencies
{
    private const int Kept = 16;
    private const int Levels = 256;
    private const double Recent = 10;
    private readonly List<Ring?> _rings = [];

    public void Add(int rif, double seconds, double now)
    {
        rif = Math.Min(rif, Levels - 1);
        while (_rings.Count <= rif) _rings.Add(null);
        (_rings[rif] ??= new Ring()).Add(seconds, now);
    }

    /// <summary>The median at this many requests in flight, or at the nearest number that something recent is known of; else 0.</summary>
    public double MedianAt(int rif, double now)
    {
        rif = Math.Min(rif, Levels - 1);
        for (var distance = 0; distance < Levels; distance++)
        {
            if (rif - distance < 0 && rif + distance >= _rings.Count) return 0;
            if (Median(rif - distance, now) is { } below) return below;
            if (Median(rif + distance, now) is { } above) return above;
        }

        return 0;
    }

    private double? Median(int rif, double now) => rif >= 0 && rif < _rings.Count ? _rings[rif]?.Median(now - Recent) : null;

    private sealed class Ring
    {
        private readonly (double Seconds, double At)[] _samples = new (double, double)[Kept];
        private int _count;
        private double? _median;
        private double _oldest;

        public void Add(double seconds, double now)
        {
            _samples[_count++ % Kept] = (seconds, now);
            _median = null;
        }

        public double? Median(double since)
        {
            if (_median is not null && _oldest >= since) return _median;
            Span<double> recent = stackalloc double[Kept];
            var count = 0;
            _oldest = double.PositiveInfinity;
            foreach (var (seconds, at) in _samples.AsSpan(0, Math.Min(_count, Kept)))
            {
                if (at < since) continue;
                recent[count++] = seconds;
                _oldest = Math.Min(_oldest, at);
            }

            if (count == 0) return _median = null;
            recent = recent[..count];
            recent.Sort();
            return _median = recent[count / 2];
        }
    }
}
