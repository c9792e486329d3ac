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
        context.Ranking = EndpointRanking.Order(context.Endpoints);
        EndpointRanking.AssignRanks(context.Ranking);
    }
}
