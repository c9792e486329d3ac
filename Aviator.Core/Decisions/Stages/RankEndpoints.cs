using Aviator.Core.Decisions.Ranking;

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
        context.Ranking = EndpointRanking.Order(context.Endpoints);
        EndpointRanking.AssignRanks(context.Ranking);
    }
}
