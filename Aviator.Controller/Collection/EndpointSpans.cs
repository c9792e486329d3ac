using Aviator.Core.Decisions;

namespace Aviator.Controller.Collection;

/// <summary>What one endpoint did of late.</summary>
/// <param name="Windows">Short spans of time, the newest first.</param>
/// <param name="Waiting">Requests without an answer at the last report.</param>
/// <param name="OldestWaiting">How long the oldest of them has waited; zero without one.</param>
public sealed record EndpointSpans(IReadOnlyList<MeasuredWindow> Windows, long Waiting, TimeSpan OldestWaiting)
{
    /// <summary>The time that they cover.</summary>
    public TimeSpan Counted => Windows.Aggregate(TimeSpan.Zero, (sum, window) => sum + window.Duration);

    /// <summary>Of an endpoint that nothing was counted of.</summary>
    public static EndpointSpans None { get; } = new([], 0, TimeSpan.Zero);
}
