namespace Aviator.Core.Decisions;

/// <summary>
/// Sorts by a number first and then by the rest. Most items differ in the number, and numbers that lie side by side are sorted several
/// times faster than items that must each be looked up to compare them.
/// </summary>
internal static class TwoLevelSort
{
    /// <summary>Sorts in place.</summary>
    /// <param name="items">What to sort.</param>
    /// <param name="keys">The number of each item; they are sorted as well.</param>
    /// <param name="compareAlike">The order of items whose numbers are equal; never 0 for two different items.</param>
    public static void Sort<TItem, TKey>(TItem[] items, TKey[] keys, Comparison<TItem> compareAlike)
        where TKey : IEquatable<TKey>
    {
        Array.Sort(keys, items);
        for (var (from, to) = (0, 1); to <= items.Length; to++)
        {
            if (to < items.Length && keys[to].Equals(keys[from])) continue;
            if (to - from > 1) items.AsSpan(from, to - from).Sort(compareAlike);
            from = to;
        }
    }
}
