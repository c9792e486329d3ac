using System.Runtime.CompilerServices;
using Aviator.Core.Measurement;

namespace Aviator.Controller.Collection;

/// <summary>One endpoint's cumulative counters at one moment.</summary>
internal sealed record CumulativeCounters
{
    /// <summary>Before an endpoint was first counted.</summary>
    public static CumulativeCounters Zero { get; } = new();

    /// <summary>Answers, by how long they took.</summary>
    public LatencyHistogram Latency { get; private init; } = LatencyHistogram.Empty;

    /// <summary>Requests that their clients gave up, by their age.</summary>
    public LatencyHistogram Abandoned { get; private init; } = LatencyHistogram.Empty;

    /// <summary>What is counted without a latency.</summary>
    public CounterFigures Figures { get; private init; }

    /// <summary>Of real traffic.</summary>
    public static CumulativeCounters Of(EndpointCounters traffic) => new()
    {
        Latency = traffic.Latency,
        Abandoned = traffic.Abandoned,
        Figures = new(traffic.Failures, traffic.Unmeasured, traffic.ServerErrors, traffic.Statuses, traffic.Requests),
    };

    /// <summary>Of probes.</summary>
    public static CumulativeCounters Of(ProbeReport? probe) => probe is null
        ? Zero
        : new() { Latency = probe.Latency, Figures = new(probe.Failures, 0, 0, default, 0) };

    /// <summary>Whether no counter is lower than in <paramref name="earlier"/>.</summary>
    [SkipLocalsInit] // a buffer of changes needs no zeros
    public bool Continues(CumulativeCounters earlier)
    {
        var change = new CounterChange(stackalloc long[CounterChange.BufferLength]);
        change.Add(earlier, this);
        return change.IsGrowth;
    }
}
