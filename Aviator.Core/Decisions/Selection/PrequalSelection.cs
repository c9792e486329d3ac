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
    /// Up to this quantile of the load (<see cref="LoadSignal"/>) endpoints count as cold; above it those are hot that have far more than
    /// the middle one of these. 0.6, and not the paper's 0.84: at high load the most thorough public implementation (prequal-rs) saw 0.84
    /// send everybody to the few that were cold.
    /// </summary>
    private const double HotQuantile = 0.6;

    /// <summary>For so many times as long as a share takes to fall, an engine's queue is put down to its share.</summary>
    private const int TriesToFall = 6;

    /// <summary>How many times as many in flight are far more. Over a window equals differ by less.</summary>
    private const double FarMore = 2;

    public override string Name => "prequal";

    /// <inheritdoc/>
    public override IReadOnlyList<EndpointEvaluation> FindClearlyWorse(EvaluationContext context) =>
        [.. base.FindClearlyWorse(context).Where(endpoint => !ShedsItsQueue(context, endpoint))];

    /// <inheritdoc/>
    public IReadOnlyList<double> Weigh(EvaluationContext context, IReadOnlyList<EndpointEvaluation> serving)
    {
        // What is not known yet has no load by its window, and must not make the others look hot.
        var known = serving.Where(IsKnown).ToList();
        if (known.Count == 0) return [.. serving.Select(_ => 1.0)];
        var signal = LoadSignal.For(context.Settings, known);
        var loads = serving.Select(endpoint => IsKnown(endpoint) ? signal.Of(endpoint) : 0).ToArray();
        var sorted = loads.Where((_, index) => IsKnown(serving[index])).Order().ToArray();
        var usual = Math.Max(signal.Few / FarMore, sorted[(int)((sorted.Length - 1) * HotQuantile / 2)]);
        var limit = usual * FarMore;
        var hot = serving.Select((endpoint, index) => loads[index] > limit || (IsKnown(endpoint) && signal.IsFull(endpoint))).ToArray();
        var anyHot = hot.Contains(true);
        var best = serving.Where((endpoint, index) => !hot[index] && IsKnown(endpoint))
            .Select(endpoint => endpoint.Evidence!)
            .MinBy(evidence => evidence.Upper(0.5, context.Strict.Alpha));
        var apart = context.Strict with { Amount = OutlierAmount };
        return [.. serving.Select((endpoint, index) => hot[index]
            ? Shed(endpoint, loads[index])
            : Math.Min(signal.MostWhileCold(endpoint, loads[index], limit, anyHot), ByLatency(endpoint)))];

        double Shed(EndpointEvaluation endpoint, double load) => load > limit
            ? Math.Max(WeightSteps.Least, endpoint.Weight * usual / load)
            : WeightSteps.Below(endpoint.Weight);

        // The load comes first: while something is hot, the room that the load leaves is for what is shed there.
        double ByLatency(EndpointEvaluation endpoint)
        {
            if (!IsKnown(endpoint) || best is null || !apart.ClearlySlower(endpoint.Evidence!, best)) return 1;
            return Math.Max(anyHot ? endpoint.Weight : WeightSteps.Least, best.P50 / endpoint.Evidence!.P50);
        }
    }

    /// <summary>
    /// While requests wait in its engine and its share can fall, and while it is lowered and nothing waits: its window still has those
    /// that waited. Out of use it would come back with an empty queue, look best, and be flooded again. What has a queue with the smallest
    /// share, or with one that the bounds have kept up for long, leaves as ever.
    /// </summary>
    public bool ShedsItsQueue(EvaluationContext context, EndpointEvaluation endpoint)
    {
        if (context.Settings is not { Engine: not null, CarriesWeights: true } || endpoint.Observed.Engine is not { } engine) return false;
        if (engine.Waiting <= 0) return endpoint.Record.Weight < 1;
        return endpoint.Record.Weight > WeightSteps.Least
            && endpoint.Record.WantedLess <= TriesToFall * DampedWeights.EvaluationsToFall(context);
    }

    /// <inheritdoc/>
    public bool SeesRoom(EvaluationContext context, IReadOnlyList<EndpointEvaluation> serving) =>
        serving.Where(IsKnown).ToList() is { Count: > 0 } known && LoadSignal.For(context.Settings, known).ShowsRoom;

    /// <summary>
    /// What hangs is known too, but it stays in use only where as many hang: a common cause, in which a choice would only move the load.
    /// </summary>
    private static bool IsKnown(EndpointEvaluation endpoint) => endpoint is { Evidence: not null, Hung: false };
}
