namespace Aviator.Core.Decisions;

/// <summary>Pauses that double with every failure in a row.</summary>
internal static class DoublingPause
{
    /// <summary>Doublings beyond this change nothing: a second has long become more than any longest pause.</summary>
    private const int MostDoublings = 20;

    /// <summary>
    /// The pause after so many failures: <paramref name="first"/> × 2^<paramref name="failures"/>, at most <paramref name="longest"/>.
    /// </summary>
    /// <param name="failures">Failures in a row, from 0.</param>
    /// <param name="first">The pause without a failure.</param>
    /// <param name="longest">The longest pause; a longer <paramref name="first"/> is kept.</param>
    public static TimeSpan After(int failures, TimeSpan first, TimeSpan longest)
    {
        var pause = first * Math.Pow(2, Math.Min(failures, MostDoublings));
        if (pause <= longest) return pause;
        return first > longest ? first : longest;
    }
}
