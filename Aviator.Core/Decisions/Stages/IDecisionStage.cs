namespace Aviator.Core.Decisions.Stages;

/// <summary>One step of a decision. A stage holds no state: all that it knows and changes is the evaluation.</summary>
internal interface IDecisionStage
{
    /// <summary>
    /// Whether the stage runs although the agents' reports allow no more than this; without measurements most stages have nothing to do.
    /// </summary>
    bool RunsOn(ReportValidity reports) => reports == ReportValidity.Sufficient;

    /// <summary>Does the step.</summary>
    void Run(EvaluationContext context);
}
