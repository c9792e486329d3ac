namespace Aviator.Simulation;

/// <summary>
/// Moments in which nobody answers: a pause of the machine, or of what all pods depend on. What comes in one is answered after it; what was
/// in work before is answered in time, so a stall begins softly.
/// </summary>
internal sealed class Stalls
{
    private readonly List<(double From, double To)> _stalls = [];

    /// <summary>One more, in seconds of virtual time.</summary>
    public void Add(double from, double seconds) => _stalls.Add((from, from + seconds));

    /// <summary>Stalls of up to <paramref name="longest"/> seconds at random moments, one in <paramref name="every"/> seconds.</summary>
    public static Stalls AtRandom(double to, double every, double longest, Random random)
    {
        var stalls = new Stalls();
        for (var at = Pause(); at < to; at += Pause()) stalls.Add(at, longest * random.NextDouble());
        return stalls;

        double Pause() => -every * Math.Log(1 - random.NextDouble());
    }

    /// <summary>Seconds that what begins now is held up for.</summary>
    public double Left(double now)
    {
        var left = 0.0;
        foreach (var (from, to) in _stalls)
            if (from <= now && now < to) left = Math.Max(left, to - now);
        return left;
    }
}
