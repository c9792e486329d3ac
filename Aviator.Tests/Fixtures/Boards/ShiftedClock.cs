namespace Aviator.Tests.Fixtures.Boards;

/// <summary>The machine's clock, so much earlier or later.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    /// <summary>By how much; negative is earlier.</summary>
    public TimeSpan Shift { get; set; }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Shift;
}
