namespace Aviator.Simulation;

/// <summary>What one run of one arm came to.</summary>
/// <param name="Requests">Requests sent.</param>
/// <param name="P50">Median latency of the answers, in milliseconds.</param>
/// <param name="P99">99th percentile.</param>
/// <param name="P999">99.9th percentile.</param>
/// <param name="Failed">Share of the requests that failed or were given up.</param>
/// <param name="Slow">Share of the requests that took, or have waited, over 10 times the undisturbed p99.</param>
/// <param name="Changes">Evaluations that changed the selection.</param>
/// <param name="Pods">Pods at the end.</param>
/// <param name="UndisturbedP99">99th percentile before anything happened, with all in use.</param>
internal sealed record RunFigures(
    long Requests, double P50, double P99, double P999, double Failed, double Slow, int Changes, int Pods, double UndisturbedP99)
{
    private const double SlowFrom = 10;

    public static RunFigures Of(Simulator simulator, double undisturbed)
    {
        var latencies = simulator.Latencies.ToArray();
        Array.Sort(latencies);
        var quantiles = Simulator.Quantiles(latencies, 0.5, 0.99, 0.999);
        var slow = SlowFrom * undisturbed;
        var tooSlow = simulator.Latencies.Count(one => one > slow)
            + simulator.Pods.Sum(pod => pod.WaitingLonger(simulator.Now - (slow / 1000)));
        return new RunFigures(simulator.Sent, quantiles[0], quantiles[1], quantiles[2], Share(simulator.Failures), Share(tooSlow),
            simulator.Changes, simulator.Pods.Count, undisturbed);

        double Share(long part) => (double)part / Math.Max(1, simulator.Sent);
    }
}
