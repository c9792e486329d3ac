namespace Aviator.Agent.Probing;

/// <summary>
/// Tells whether an endpoint's probes keep ending alike: then asking less often loses nothing. Alike are two failures, and two answers that
/// differ by less than a factor of three or by so little that it is noise. Long enough that a reader who wants a run of good probes has it.
/// </summary>
internal sealed class ProbeStreak
{
    private const int SteadyAfter = 10;
    private const double Factor = 3;
    private static readonly TimeSpan Noise = TimeSpan.FromMilliseconds(20);
    private ProbeOutcome _first;
    private int _length;

    /// <summary>Whether the last probes ended alike.</summary>
    public bool IsSteady => _length >= SteadyAfter;

    /// <summary>Takes an outcome; true when it ended a steady streak.</summary>
    public bool Add(ProbeOutcome outcome)
    {
        var ended = IsSteady && !Alike(outcome);
        if (_length == 0 || !Alike(outcome)) (_first, _length) = (outcome, 0);
        _length = Math.Min(_length + 1, SteadyAfter);
        return ended;
    }

    private bool Alike(ProbeOutcome outcome)
    {
        if (_first.Result != ProbeResult.Answered || outcome.Result != ProbeResult.Answered)
            return _first.Result != ProbeResult.Answered && outcome.Result != ProbeResult.Answered;
        var (low, high) = _first.Latency < outcome.Latency ? (_first.Latency, outcome.Latency) : (outcome.Latency, _first.Latency);
        return high < low * Factor || high - low < Noise;
    }
}
