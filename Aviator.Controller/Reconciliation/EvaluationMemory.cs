using Aviator.Core.Decisions;
using Aviator.Core.Measurement;

namespace Aviator.Controller.Reconciliation;

/// <summary>What one evaluation of a policy leaves for the next.</summary>
internal sealed class EvaluationMemory
{
    /// <summary>
    /// What the next decision starts from; changes only after the decision was seen in place. Null before it was restored.
    /// </summary>
    public PolicyState? State { get; set; }

    /// <summary>The decision that was written last and seen in place.</summary>
    public Decision? Decision { get; set; }

    /// <summary>An evaluation whose decision is being written; it is committed once it is seen in place.</summary>
    public Evaluation? Pending { get; set; }

    /// <summary>What the last evaluation reported.</summary>
    public PolicySummary? Summary { get; private set; }

    /// <summary>The source of its numbers.</summary>
    public LatencySource? Source { get; private set; }

    /// <summary>The decision to carry out now: the one that is being written, else the one in place.</summary>
    public Decision? Wanted => Pending?.Outcome.Decision ?? Decision;

    /// <summary>The decision of an evaluation is in force: the next one starts from it.</summary>
    public void Commit(Evaluation result)
    {
        (State, Decision, Pending) = (result.Outcome.Next, result.Outcome.Decision, null);
        Report(result);
    }

    /// <summary>Keeps what an evaluation reports, and nothing that it decided.</summary>
    public void Report(Evaluation result) => (Summary, Source) = (result.Outcome.Summary, result.Source);
}
