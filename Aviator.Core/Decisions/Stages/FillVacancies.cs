using Aviator.Core.Decisions.Selection;

namespace Aviator.Core.Decisions.Stages;

/// <summary>Fills a vacancy (a selected pod died, or the mode wants more) at once, by the best remembered endpoints.</summary>
internal sealed class FillVacancies : IDecisionStage
{
    public void Run(EvaluationContext context)
    {
        var vacant = context.Wanted - context.InService;
        if (vacant <= 0) return;
        foreach (var endpoint in IdleReserve.ForVacancies(context).Take(vacant).ToList())
            endpoint.Admit(context.Now, "selected: fills a vacancy");
    }
}
