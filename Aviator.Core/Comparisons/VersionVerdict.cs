namespace Aviator.Core.Comparisons;

/// <summary>What a comparison comes to.</summary>
public enum VersionVerdict
{
    /// <summary>The candidate is certainly no worse than its terms allow.</summary>
    Pass,

    /// <summary>The candidate is certainly worse than its terms allow.</summary>
    Worse,

    /// <summary>Neither is certain: there is too little traffic, or the difference is near what is allowed.</summary>
    Inconclusive,
}
