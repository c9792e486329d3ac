using Aviator.Core.Comparisons;

namespace Aviator.Controller.Analysis;

/// <summary>Verdicts as delivery tools are told them.</summary>
internal static class VerdictWords
{
    /// <summary>The word for <see cref="VersionVerdict.Pass"/>.</summary>
    public const string Pass = "pass";

    /// <summary>The word for <see cref="VersionVerdict.Worse"/>.</summary>
    public const string Worse = "worse";

    /// <summary>The word for <see cref="VersionVerdict.Inconclusive"/>.</summary>
    public const string Inconclusive = "inconclusive";

    /// <summary>The word for a verdict.</summary>
    public static string Of(VersionVerdict verdict) => verdict switch
    {
        VersionVerdict.Pass => Pass,
        VersionVerdict.Worse => Worse,
        _ => Inconclusive,
    };
}
