namespace Aviator.Agent.Steering;

/// <summary>
/// Draws by weight in constant time (Walker 1977, Vose 1991): each of n columns has the same chance and holds at most two choices.
/// In integers, so that the shares of all columns add up exactly.
/// </summary>
internal static class AliasTable
{
    /// <summary>One column for each weight.</summary>
    /// <param name="weights">All positive; at most 65,536 of them, each at most 65,536.</param>
    /// <returns>Of 2^32 draws of the column, those that stay with it, and who gets the others.</returns>
    internal static (uint Own, uint Alias)[] Build(ReadOnlySpan<uint> weights)
    {
        var columns = new (uint Own, uint Alias)[weights.Length];
        var left = new long[weights.Length];
        long total = 0;
        foreach (var weight in weights) total += weight;
        var small = new Stack<int>();
        var large = new Stack<int>();
        for (var i = 0; i < weights.Length; i++)
        {
            left[i] = (long)weights[i] * weights.Length;
            columns[i] = (uint.MaxValue, (uint)i);
            (left[i] < total ? small : large).Push(i);
        }

        while (small.TryPop(out var under) && large.TryPop(out var over))
        {
            columns[under] = ((uint)(((ulong)left[under] << 32) / (ulong)total), (uint)over);
            left[over] -= total - left[under];
            (left[over] < total ? small : large).Push(over);
        }

        return columns;
    }
}
