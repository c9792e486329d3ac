namespace Aviator.Simulation;

/// <summary>
/// Prequal (NSDI 2024) per request, asynchronous: each query sends 3 probes to other random pods for the queries after it, and chooses from
/// the client's pool by the hot-cold rule: the cold pod with the lowest latency, or the pod with the fewest requests in flight when all are
/// hot. Probes answer at once and cost nothing. The paper's guard against pods that fail fast is not described there, and not here.
/// </summary>
/// <param name="random">Chooses whom to probe.</param>
/// <param name="quantile">A pod is hot above this quantile of the requests in flight that probes told lately; the paper has 0.84.</param>
internal sealed class Prequal(Random random, double quantile) : IBalancer
{
    private const int ProbesPerQuery = 3;
    private readonly Dictionary<int, ProbePool> _pools = [];
    private readonly List<RecentLatencies> _latencies = [];

    public SimulatedPod Choose(SimulatedPod[] pods, int client, double now)
    {
        if (!_pools.TryGetValue(client, out var pool)) _pools[client] = pool = new ProbePool(quantile);
        pool.Expire(now);
        var chosen = pool.Choose() ?? pods[random.Next(pods.Length)];
        pool.RemoveOne();
        Probe(pool, pods, now);
        return chosen;
    }

    public void Ended(SimulatedRequest request, double now) => Of(request.Pod).Add(request.RifBefore, now - request.Came, now);

    private void Probe(ProbePool pool, SimulatedPod[] pods, double now)
    {
        var uses = Uses(pods.Length);
        Span<int> asked = stackalloc int[ProbesPerQuery];
        var count = Math.Min(ProbesPerQuery, pods.Length);
        for (var i = 0; i < count; i++)
        {
            do asked[i] = random.Next(pods.Length);
            while (asked[..i].Contains(asked[i]));
            var pod = pods[asked[i]];
            pool.Add(pod, pod.Rif, Of(pod).MedianAt(pod.Rif, now), now, uses);
        }
    }

    /// <summary>
    /// How often one probe may be used: the paper's (1 + δ) / ((1 − m / n) · r_probe − r_remove), rounded up or down by chance. It has no
    /// value where the pool is not small against the fleet; there the highest that the published implementation allows is taken.
    /// </summary>
    private int Uses(int pods)
    {
        const int Most = 16;
        var inflow = ((1 - ((double)ProbePool.Size / pods)) * ProbesPerQuery) - 1;
        var uses = inflow <= 0 ? Most : Math.Clamp(2 / inflow, 1, Most);
        return (int)Math.Floor(uses + random.NextDouble());
    }

    private RecentLatencies Of(SimulatedPod pod)
    {
        while (_latencies.Count <= pod.Number) _latencies.Add(new RecentLatencies());
        return _latencies[pod.Number];
    }
}
