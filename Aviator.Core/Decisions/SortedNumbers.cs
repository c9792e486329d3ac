namespace Aviator.Core.Decisions;

/// <summary>
/// Sorts plain numbers as numbers: LINQ sorts them by way of an index, as it does items whose equals must keep their order.
/// </summary>
internal static class SortedNumbers
{
    /// <summary>The numbers from the smallest to the largest.</summary>
    public static double[] Of(IEnumerable<double> numbers)
    {
        var sorted = numbers.ToArray();
        Array.Sort(sorted);
        return sorted;
    }
}
