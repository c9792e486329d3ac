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
    /// Up to this quantile of the requests in flight endpoints count as cold; above it those are hot that have far more than the middle
    /// one of these. 0.6, and not the paper's 0.84: at high load the most thorough public implementation (prequal-rs) saw 0.84 send
    /// everybody to the few that were cold.
    /// </summary>
    private const double HotQuantile = 0.6;

    /// <summary>How many times as many in flight are far more. Over a window equals differ by less.</summary>
    private const double FarMore = 2;

    /// <summary>So few in flight are no queue, however many times more they are.</summary>
    private const double Few = 4;

    public override string Name => "prequal";

    /// <inheritdoc/>
    public IReadOnlyList<double> Weigh(EvaluationContext context, IReadOnlyList<EndpointEvaluation> serving)
    {
        // What is not known yet has nothing in flight by its window, and must not make the others look hot.
        var flights = serving.Select(endpoint => IsKnown(endpoint) ? InFlight(endpoint) : 0).ToArray();
        var sorted = flights.Where((_, index) => IsKnown(serving[index])).Order().ToArray();
        if (sorted.Length == 0) return [.. serving.Select(_ => 1.0)];
        var usual = Math.Max(Few / FarMore, sorted[(int)((sorted.Length - 1) * HotQuantile / 2)]);
        var limit = usual * FarMore;
        var anyHot = flights.Any(flight => flight > limit);
        var best = serving.Where((endpoint, index) => flights[index] <= limit && IsKnown(endpoint))
            .Select(endpoint => endpoint.Evidence!)
            .MinBy(evidence => evidence.Upper(0.5, context.Strict.Alpha));
        var apart = context.Strict with { Amount = OutlierAmount };
        return [.. serving.Select((endpoint, index) => flights[index] > limit
            ? Math.Max(WeightSteps.Least, endpoint.Weight * usual / flights[index])
            : Math.Min(MostWhileCold(endpoint, flights[index], limit), ByLatency(endpoint)))];

        // Requests in flight come first: while something is hot, the room that the load leaves is for what is shed there.
        double ByLatency(EndpointEvaluation endpoint)
        {
            if (!IsKnown(endpoint) || best is null || !apart.ClearlySlower(endpoint.Evidence!, best)) return 1;
            return Math.Max(anyHot ? endpoint.Weight : WeightSteps.Least, best.P50 / endpoint.Evidence!.P50);
        }
    }

    /// <summary>
    /// Requests in flight on average (by Little's law, rate times mean latency), over the window or since the last evaluation if that is
    /// less: what is in flight at one moment differs by chance, and a window holds queues that are gone.
    /// </summary>
    private static double InFlight(EndpointEvaluation endpoint)
    {
        var observed = endpoint.Observed;
        return endpoint.HasNews ? Math.Min(InFlight(observed.Window), InFlight(observed.Fresh)) : InFlight(observed.Window);
    }

    private static double InFlight(MeasuredWindow window) =>
        window.Duration <= TimeSpan.Zero || window.Latency.Mean() is not { } mean ? 0 : window.Latency.Count * (mean / window.Duration);

    /// <summary>
    /// What hangs is known too, but it stays in use only where as many hang: a common cause, in which a choice would only move the load.
    /// </summary>
    private static bool IsKnown(EndpointEvaluation endpoint) => endpoint is { Evidence: not null, Hung: false };

    /// <summary>The weight up to which it does not become hot: what has been shed has few in flight because of that.</summary>
    private static double MostWhileCold(EndpointEvaluation endpoint, double flight, double limit) =>
        flight <= 0 ? 1 : Math.Min(1, endpoint.Weight * limit / flight);
}
