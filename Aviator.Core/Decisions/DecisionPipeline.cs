using Aviator.Core.Decisions.Stages;

namespace Aviator.Core.Decisions;

/// <summary>
/// The stages of a decision in the order in which they run. This list is that order: docs/deciding.md explains each stage, and a test
/// compares its table with this list.
/// </summary>
internal static class DecisionPipeline
{
    private static readonly RankEndpoints RankEndpoints = new();

    /// <summary>First half: what is known of each endpoint, which ones the breaker holds out, and the order of the others.</summary>
    public static IReadOnlyList<IDecisionStage> Ranking { get; } =
    [
        new CheckReports(),
        new EstablishEvidence(),
        new StepBreakers(),
        RankEndpoints,
    ];

    /// <summary>Second half: trials, selection, guards, weights.</summary>
    public static IReadOnlyList<IDecisionStage> Selection { get; } =
    [
        new JudgeTrial(),
        RankEndpoints,
        new FindTrialCandidates(),
        new ExcludeClearlyWorse(),
        new ExcludeHung(),
        new FillVacancies(),
        new MatchCapacity(),
        new StartTrial(),
        RankEndpoints,
        new ApplyGuards(),
        new BoundStep(),
        new WeighEndpoints(),
    ];

    /// <summary>Runs those of <paramref name="stages"/> that the agents' reports allow.</summary>
    public static void Run(IReadOnlyList<IDecisionStage> stages, EvaluationContext context)
    {
        foreach (var stage in stages)
            if (stage.RunsOn(context.Reports))
                stage.Run(context);
    }
}
