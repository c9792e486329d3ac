namespace Aviator.Core;

/// <summary>Jitter as a pure function of a seed: FNV-1a over the key, mixed by SplitMix64 (Steele, Lea, Flood 2014).</summary>
internal static class Jitter
{
    /// <summary>A number in [0, 1).</summary>
    public static double Fraction(ulong seed, string key)
    {
        var hash = 14695981039346656037UL;
        foreach (var character in key) hash = (hash ^ character) * 1099511628211UL;
        var mixed = hash ^ (seed + 0x9E3779B97F4A7C15UL);
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9UL;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBUL;
        return ((mixed ^ (mixed >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
