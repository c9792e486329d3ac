namespace Aviator.Simulation;

/// <summary>Distributions of service time, in milliseconds.</summary>
internal static class Latency
{
    /// <summary>A shifted exponential: most near the floor, a tail of about 1.2 times the mean: a healthy HTTP server.</summary>
    public static Func<Random, double> Steady(double mean) => random => (mean * 0.8) - (mean * 0.2 * Math.Log(1 - random.NextDouble()));

    /// <summary>A plain exponential: p99 is 4.6 times the mean.</summary>
    public static Func<Random, double> Exponential(double mean) => random => -mean * Math.Log(1 - random.NextDouble());

    /// <summary>Log-normal, as lengths of prompts and answers are: of a spread of 1, p99 is 10 times the median.</summary>
    public static Func<Random, double> LogNormal(double median, double spread) => random =>
    {
        var (one, other) = (1 - random.NextDouble(), random.NextDouble());
        return median * Math.Exp(spread * Math.Sqrt(-2 * Math.Log(one)) * Math.Cos(2 * Math.PI * other));
    };

    /// <summary>Steady, but a share of requests (garbage collection, cache misses) takes the slow mean.</summary>
    public static Func<Random, double> Bimodal(double mean, double slow, double share)
    {
        var (usual, rare) = (Steady(mean), Steady(slow));
        return random => random.NextDouble() < share ? rare(random) : usual(random);
    }
}
