namespace Aviator.Core.Decisions;

/// <summary>What a run of probes says. Probes decide about trials; they are never ranked against traffic.</summary>
internal static class Probes
{
    /// <summary>Good probes in a row that admit to a trial when something in service is bad.</summary>
    public const int Run = 3;

    /// <summary>Good probes in a row when nothing is: there is no hurry, and of 50 idle equals one will always have three lucky ones.</summary>
    public const int LongRun = 8;

    /// <summary>Median and slowest of the newest <paramref name="run"/> probes when all were answered; null otherwise.</summary>
    public static (TimeSpan Median, TimeSpan Slowest)? Newest(ProbeObservation probe, int run = Run)
    {
        if (probe.Recent.Count < run) return null;
        var latencies = new TimeSpan[run];
        for (var i = 0; i < run; i++)
        {
            if (probe.Recent[i] is not { } latency) return null;
            latencies[i] = latency;
        }

        Array.Sort(latencies);
        return (latencies[run / 2], latencies[^1]);
    }

    /// <summary>Whether the endpoint is probed and the newest probe failed.</summary>
    public static bool Fails(ProbeObservation probe) => probe.Recent.Count > 0 && probe.Recent[0] is null;
}
