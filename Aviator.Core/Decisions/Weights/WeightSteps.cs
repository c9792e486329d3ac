namespace Aviator.Core.Decisions.Weights;

/// <summary>
/// The few values that the weight of an endpoint in use takes (trials apart), from the smallest to a full share. Few, so that a
/// difference that means nothing changes nothing.
/// </summary>
internal static class WeightSteps
{
    private static readonly double[] Values = [0.1, 0.25, 0.5, 0.75, 1];

    /// <summary>
    /// The smallest share: with a tenth of the traffic an endpoint is still measured, and one that has become fast is found out.
    /// </summary>
    public static double Least => Values[0];

    /// <summary>How many steps lead from the smallest to a full share.</summary>
    public static int Count => Values.Length - 1;

    /// <summary>The weight so many steps above the smallest; a full share from <see cref="Count"/> on.</summary>
    public static double At(int step) => Values[Math.Clamp(step, 0, Count)];

    /// <summary>The next larger weight; 1 has none and is its own.</summary>
    public static double Above(double weight) => Values.FirstOrDefault(value => value > weight, 1);

    /// <summary>The next smaller weight; the smallest has none and is its own.</summary>
    public static double Below(double weight) => Values.LastOrDefault(value => value < weight, Least);

    /// <summary>The largest weight that is not above <paramref name="share"/>; the smallest when none is.</summary>
    public static double Floor(double share) => Values.LastOrDefault(value => value <= share, Least);
}
