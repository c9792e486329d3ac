namespace Aviator.Core.Decisions.Selection;

/// <summary>
/// The modes that spec.selection.mode may name. A new mode is a class and a line here (and its word in the resource's definition).
/// </summary>
public static class SelectionModes
{
    /// <summary>The best share of the ready endpoints, rounded up.</summary>
    public static ISelectionMode Percentage { get; } = new PercentageSelection();

    /// <summary>The best N.</summary>
    public static ISelectionMode TopN { get; } = new TopNSelection();

    /// <summary>Every endpoint whose 99th percentile is at or below spec.latencyThreshold.</summary>
    public static ISelectionMode Threshold { get; } = new ThresholdSelection();

    /// <summary>Everyone but outliers; recommended, since it needs no number.</summary>
    public static ISelectionMode Adaptive { get; } = new AdaptiveSelection();

    /// <summary>As <see cref="Adaptive"/>; and those in use get a share by requests in flight and latency where weights exist.</summary>
    public static ISelectionMode Prequal { get; } = new PrequalSelection();

    /// <summary>All modes; the default comes first.</summary>
    public static IReadOnlyList<ISelectionMode> All { get; } = [Percentage, TopN, Threshold, Adaptive, Prequal];
}
