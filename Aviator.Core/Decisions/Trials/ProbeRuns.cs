namespace Aviator.Core.Decisions.Trials;

/// <summary>What a run of probes says. Probes decide about trials and silence; their latencies are never ranked against traffic.</summary>
internal static class ProbeRuns
{
    /// <summary>Good probes in a row that admit to a trial when something in service is bad.</summary>
    public const int Short = 3;

    /// <summary>
    /// Good probes in a row when nothing is bad: there is no hurry, and of 50 idle equals one will always have three lucky ones.
    /// </summary>
    public const int Long = 8;

    /// <summary>Median and slowest of the newest <paramref name="run"/> probes when all of them were answered; null otherwise.</summary>
    public static (TimeSpan Median, TimeSpan Slowest)? Newest(ProbeObservation probe, int run = Short)
    {
        if (probe.Recent.Count < run) return null;
        Span<TimeSpan> latencies = stackalloc TimeSpan[run];
        for (var i = 0; i < run; i++)
        {
            if (probe.Recent[i] is not { } latency) return null;
            latencies[i] = latency;
        }

        latencies.Sort();
        return (latencies[run / 2], latencies[^1]);
    }

    /// <summary>Whether the endpoint is probed and the newest probe failed.</summary>
    public static bool Fails(ProbeObservation probe) => probe.Recent.Count > 0 && probe.Recent[0] is null;

    /// <summary>How many of the newest probes failed in a row, 0 to 16.</summary>
    public static int CountFailures(ProbeObservation probe)
    {
        var failures = 0;
        while (failures < probe.Recent.Count && probe.Recent[failures] is null) failures++;
        return failures;
    }
}
