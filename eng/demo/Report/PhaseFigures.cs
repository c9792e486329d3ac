using System.Text.Json.Serialization;
using Aviator.Tests.Tooling.Traffic;

namespace Aviator.Demo.Report;

/// <summary>What the client saw in one phase.</summary>
internal sealed record PhaseFigures
{
    /// <summary>Median of all answers, in milliseconds.</summary>
    public required double P50Ms { get; init; }

    /// <summary>99th percentile of all answers, in milliseconds.</summary>
    public required double P99Ms { get; init; }

    /// <summary>Share (0 to 1) of the answers that came from the pods that were slow in this phase.</summary>
    public required double SlowShare { get; init; }

    /// <summary>99th percentile of the fast pods' own answers in this phase, in milliseconds.</summary>
    [JsonIgnore] public double FastP99Ms { get; init; }

    /// <summary>Answers in this phase.</summary>
    [JsonIgnore] public int Requests { get; init; }

    /// <summary>Answers by pod.</summary>
    [JsonIgnore] public IReadOnlyDictionary<string, int> ByPod { get; init; } = new Dictionary<string, int>();

    /// <summary>Takes the figures of <paramref name="traffic"/>.</summary>
    public static PhaseFigures Of(TrafficSnapshot traffic, IReadOnlySet<string> slowPods) => new()
    {
        P50Ms = Math.Round(traffic.PercentileMs(0.5), 3),
        P99Ms = Math.Round(traffic.PercentileMs(0.99), 3),
        SlowShare = Math.Round(traffic.Share(slowPods), 5),
        FastP99Ms = Math.Round(traffic.Of(traffic.ByPod.Keys.Where(p => !slowPods.Contains(p))).PercentileMs(0.99), 3),
        Requests = traffic.Count,
        ByPod = traffic.ByPod,
    };
}
