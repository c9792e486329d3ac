using Aviator.Cli.Figures;
using Aviator.Cli.Output;

namespace Aviator.Cli.Explain;

/// <summary>How loaded a pod's inference engine is, in words. Pure.</summary>
internal static class EngineText
{
    /// <summary>The sentence.</summary>
    public static string Of(EndpointFigures figures)
    {
        if (figures.EngineWaiting is not { } waiting)
            return "What waits in the engine's queue is not known: there is no sample of it that is new enough.";
        var cache = Words.Percent(figures.EngineCacheUse) is { } share
            ? $"{share} of its cache is in use"
            : "how full its cache is, is not known";
        return $"{Queue(waiting)} in the engine's queue; {cache}.";
    }

    private static string Queue(double waiting) => waiting switch
    {
        0 => "No request waits",
        1 => "1 request waits",
        < 10 => FormattableString.Invariant($"{waiting:0.#} requests wait"),
        _ => FormattableString.Invariant($"{waiting:0} requests wait"),
    };
}
