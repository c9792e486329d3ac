namespace Aviator.ServiceDefaults;

/// <summary>
/// Growing pauses with jitter: half of <c>Initial × Factor^(failures-1)</c> is fixed, half is random, so that clients do not retry in step.
/// </summary>
/// <param name="Initial">Upper end of the first pause.</param>
/// <param name="Max">Upper end of every later pause.</param>
/// <param name="Factor">Growth from one failure to the next.</param>
public sealed record Backoff(TimeSpan Initial, TimeSpan Max, double Factor = 2)
{
    /// <summary>The pause after so many failures in a row.</summary>
    /// <param name="failures">Failures so far; less than 1 gives no pause.</param>
    /// <param name="random">The source of jitter.</param>
    public TimeSpan Pause(int failures, Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        if (failures < 1) return TimeSpan.Zero;
        var ceiling = Math.Min(Initial.TotalMilliseconds * Math.Pow(Factor, Math.Min(failures - 1, 60)), Max.TotalMilliseconds);
        return TimeSpan.FromMilliseconds((ceiling / 2) + (ceiling / 2 * random.NextDouble()));
    }
}
