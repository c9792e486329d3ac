namespace Aviator.Controller.Core;

/// <summary>What a run of probes says. Probes decide about trials; they are never ranked against traffic.</summary>
internal static class Probes
{
    /// <summary>Good probes in a row that admit to a trial.</summary>
    public const int Run = 3;

    /// <summary>Median of the newest <see cref="Run"/> probes when all were answered; null otherwise.</summary>
    public static TimeSpan? Median(ProbeObservation probe) => Newest(probe) is { } run ? run[Run / 2] : null;

    /// <summary>Slowest of the newest <see cref="Run"/> probes when all were answered; null otherwise.</summary>
    public static TimeSpan? Slowest(ProbeObservation probe) => Newest(probe) is { } run ? run[^1] : null;

    /// <summary>Whether the endpoint is probed and the newest probe failed.</summary>
    public static bool Fails(ProbeObservation probe) => probe.Recent.Count > 0 && probe.Recent[0] is null;

    private static TimeSpan[]? Newest(ProbeObservation probe)
    {
        if (probe.Recent.Count < Run) return null;
        var run = new TimeSpan[Run];
        for (var i = 0; i < Run; i++)
        {
            if (probe.Recent[i] is not { } latency) return null;
            run[i] = latency;
        }

        Array.Sort(run);
        return run;
    }
}
