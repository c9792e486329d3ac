using Aviator.Core.Decisions.Ranking;
using Aviator.Core.Measurement;

namespace Aviator.Core.Decisions.Stages;

/// <summary>
/// Orders the endpoints that take part and are known. It runs again when others may have come or gone: after the trial was judged, and
/// last for the ranks that the reasons name.
/// </summary>
internal sealed class RankEndpoints : IDecisionStage
{
    public void Run(EvaluationContext context)
    {
        // What is known of each is established before, so the order stands until one comes or goes.
        if (context.Ranking.All(endpoint => endpoint.Ranked)
            && context.Ranking.Count == context.Endpoints.Count(endpoint => endpoint.Ranked)) return;
        var ranked = context.Endpoints.Where(endpoint => endpoint.Ranked).ToArray();
        context.RankedLatency = LatencyHistogram.Sum(ranked.Select(endpoint => endpoint.Evidence!.Latency));
        EndpointRanking.Sort(ranked, context.RankedLatency);
        context.Ranking = ranked;
        for (var i = 0; i < ranked.Length; i++) ranked[i].Rank = i + 1;
    }
}
