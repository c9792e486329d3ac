using Aviator.Core.Decisions.Weights;

namespace Aviator.Core.Decisions.Selection;

/// <summary>
/// prequal: in or out as <see cref="AdaptiveSelection"/>, and among those in use a share by the hot-cold lexicographic rule of Prequal
/// (Wydrowski et al., NSDI 2024): requests in flight first, latency only among those that have few. Prequal applies it to each request,
/// by probes a moment old. Here it shapes weights that hold for an interval, so what differs by chance must weigh nothing: it is applied
/// to what lies beyond error, and the kernel's own choice by requests in flight does the rest.
/// </summary>
internal sealed class PrequalSelection : AdaptiveSelection, ISelectionMode
{
    /// <summary>
    /// Hot is what has far more in flight than this quantile of those in use. 0.6, and not the paper's 0.84: at high load the most
    /// thorough public implementation (prequal-rs) saw 0.84 send everybody to the few that were cold.
    /// </summary>
    private const double HotQuantile = 0.6;

    /// <summary>How many times as many in flight are far more. Queues make equals differ by less, over a window.</summary>
    private const double FarMore = 2;

    /// <summary>So few in flight are no queue, however many times more they are.</summary>
    private const double Few = 4;

    public override string Name => "prequal";

    /// <inheritdoc/>
    public IReadOnlyList<double> Weigh(EvaluationContext context, IReadOnlyList<EndpointEvaluation> serving)
    {
        var flights = serving.Select(InFlight).ToList();
        var usual = Math.Max(Few / FarMore, flights.Order().ElementAt((int)((flights.Count - 1) * HotQuantile)));
        var hot = usual * FarMore;
        var best = serving.Where((endpoint, index) => flights[index] <= hot && IsKnown(endpoint))
            .Select(endpoint => endpoint.Evidence!)
            .MinBy(evidence => evidence.Upper(0.5, context.Strict.Alpha));
        var apart = context.Strict with { Amount = OutlierAmount };
        return [.. serving.Select((endpoint, index) => flights[index] > hot
            ? Shed(endpoint, flights[index], usual)
            : Math.Min(ByLatency(endpoint), WhileCold(endpoint, flights[index], hot)))];

        double ByLatency(EndpointEvaluation endpoint) =>
            IsKnown(endpoint) && best is not null && apart.ClearlySlower(endpoint.Evidence!, best)
                ? Math.Max(WeightSteps.Least, best.P50 / endpoint.Evidence!.P50)
                : 1;
    }

    /// <summary>
    /// Requests in flight: the mean over the window (by Little's law, rate times mean latency), or what the last report has if that is
    /// less. A single report differs by chance, and a window holds queues that are gone.
    /// </summary>
    private static double InFlight(EndpointEvaluation endpoint)
    {
        var window = endpoint.Observed.Window;
        if (window.Duration <= TimeSpan.Zero || window.Latency.Mean() is not { } mean) return 0;
        return Math.Min(endpoint.Observed.Rif, window.Latency.Count * (mean / window.Duration));
    }

    /// <summary>
    /// What hangs is known too, but it stays in use only where as many hang: a common cause, in which a choice would only move the load.
    /// </summary>
    private static bool IsKnown(EndpointEvaluation endpoint) => endpoint is { Evidence: not null, Hung: false };

    /// <summary>So much less that it will have as many in flight as is usual.</summary>
    private static double Shed(EndpointEvaluation endpoint, double flight, double usual) =>
        Math.Max(WeightSteps.Least, endpoint.Weight * usual / flight);

    /// <summary>So much at most that it does not become hot: what has been shed is few in flight because of that.</summary>
    private static double WhileCold(EndpointEvaluation endpoint, double flight, double hot) =>
        flight <= 0 ? 1 : Math.Min(1, endpoint.Weight * hot / flight);
}
