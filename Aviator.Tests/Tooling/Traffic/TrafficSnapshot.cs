namespace Aviator.Tests.Tooling.Traffic;

/// <summary>The requests of one phase.</summary>
/// <param name="Outcomes">One entry a request.</param>
internal sealed record TrafficSnapshot(IReadOnlyList<RequestOutcome> Outcomes)
{
    /// <summary>Requests that ended.</summary>
    public int Count => Outcomes.Count;

    /// <summary>The failed ones.</summary>
    public IReadOnlyList<RequestOutcome> Failures { get; } = [.. Outcomes.Where(o => o.Failure != RequestFailure.None)];

    /// <summary>Answers by pod.</summary>
    public IReadOnlyDictionary<string, int> ByPod { get; } =
        Outcomes.Where(o => o.Pod is not null).GroupBy(o => o.Pod!).ToDictionary(g => g.Key, g => g.Count());

    /// <summary>Share (0 to 1) of all answers that came from <paramref name="pods"/>; NaN without answers.</summary>
    public double Share(params IEnumerable<string> pods) =>
        (double)pods.Distinct().Sum(p => ByPod.GetValueOrDefault(p)) / ByPod.Values.Sum();

    /// <summary>The answers of <paramref name="pods"/> alone.</summary>
    public TrafficSnapshot Of(params IEnumerable<string> pods)
    {
        var wanted = pods.ToHashSet();
        return new TrafficSnapshot([.. Outcomes.Where(o => o.Pod is not null && wanted.Contains(o.Pod))]);
    }

    /// <summary>Exact percentile (nearest rank) of the answered requests' latency in milliseconds; NaN without answers.</summary>
    /// <param name="quantile">0 to 1.</param>
    public double PercentileMs(double quantile)
    {
        var sorted = Outcomes.Where(o => o.Pod is not null).Select(o => o.Latency.TotalMilliseconds).Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[Math.Clamp((int)Math.Ceiling(quantile * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    /// <summary>The failures in one line, by kind with an example, fit for an assertion's message.</summary>
    public string DescribeFailures() => Failures.Count == 0
        ? "no failures"
        : string.Join("; ", Failures.GroupBy(f => f.Failure).Select(g =>
            $"{g.Count()} {g.Key} from {g.Min(o => o.StartedAt).TotalSeconds:F2} s to {g.Max(o => o.EndedAt).TotalSeconds:F2} s (first: " +
            $"{g.First().Detail})"));
}
