namespace Aviator.Controller.Steering;

/// <summary>Compares times to look again, of which null means: only after a change.</summary>
internal static class Delays
{
    /// <summary>The earlier of the two.</summary>
    public static TimeSpan? Sooner(TimeSpan? one, TimeSpan? other)
    {
        if (one is null || other is null) return one ?? other;
        return one < other ? one : other;
    }
}
