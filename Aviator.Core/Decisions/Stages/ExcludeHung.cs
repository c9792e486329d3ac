using Aviator.Core.Decisions.Selection;
using Aviator.Core.Decisions.Trials;

namespace Aviator.Core.Decisions.Stages;

/// <summary>
/// Takes out what answers nothing, whatever number of endpoints the mode wants and whether or not others can be ranked: it serves no
/// request, so nothing is lost with it. Only spec.safety.minEndpoints keeps it, when nothing can take its place. A pause as after a
/// failed trial keeps it from filling a vacancy.
/// </summary>
internal sealed class ExcludeHung : IDecisionStage
{
    /// <summary>
    /// Answers that its rate must lead one to expect while it gave none (P(none) &lt; 0.7 %). That it got requests is part of its evidence.
    /// </summary>
    private const double ExpectedAnswers = 5;

    public void Run(EvaluationContext context)
    {
        var leaving = HungEndpoints.FindOutliers(context).Where(endpoint => HasHungForLong(context, endpoint)).ToList();
        var room = context.InService + IdleReserve.ForVacancies(context).Count() - context.AtLeast;
        foreach (var endpoint in leaving.Take(Math.Max(0, room)))
        {
            var reason = $"unselected: {LatencyText.Describe(endpoint.Evidence!)}, while others answer";
            TrialPause.SendBack(context, endpoint, failures: 1, reason);
        }
    }

    private static bool HasHungForLong(EvaluationContext context, EndpointEvaluation endpoint) =>
        endpoint.HasNews
        && endpoint.Record.Persisted >= context.Persistence
        && (endpoint.HangsByProbes
            ? ProbeRuns.CountFailures(endpoint.Observed.Probe) >= ProbeRuns.Short
            : ShouldHaveAnswered(context, endpoint));

    private static bool ShouldHaveAnswered(EvaluationContext context, EndpointEvaluation endpoint) =>
        endpoint.Record.Persisted * context.Settings.EvaluationInterval.TotalSeconds * endpoint.ExpectedRate >= ExpectedAnswers;
}
