using Aviator.Core.Decisions.Selection;

namespace Aviator.Core.Decisions;

/// <summary>Evaluations that endpoints must look clearly worse before they leave, as things stand in an evaluation at one moment.</summary>
internal sealed class Patience(EvaluationContext context)
{
    private int? _withQueues;

    /// <summary>
    /// Evaluations that <paramref name="endpoint"/> must look clearly worse: more where that may be its queue, or a single moment.
    /// </summary>
    public int With(EndpointEvaluation endpoint)
    {
        if (!context.Settings.Dampening.Enabled || endpoint.Hung || endpoint.WorseByNature) return context.Persistence;
        var queues = _withQueues ??= Outlasting(context, context.Persistence, windows: 2);
        return IsByTail(endpoint) ? Math.Max(queues, context.Persistence + EvaluationsOf(context, windows: 1) - 1) : queues;
    }

    /// <summary>
    /// Whether only its slowest answers are worse, and most of what came since are not. Those of one moment in which all were held up are
    /// a tail for as long as a window holds them, longer at one than at another by chance, and need no load for that.
    /// </summary>
    private bool IsByTail(EndpointEvaluation endpoint) => endpoint.AnyEvidence is { } evidence && context.Middle is { } middle
        && !context.Strict.ClearlySlower(evidence, middle) && context.NewsOf(endpoint).P50 <= middle.P50 * SuddenSlowness.Far;

    /// <summary>
    /// Evaluations after which something is no passing queue any more: so many whole windows longer than usual where there is load to
    /// queue, since windows overlap, and longer where equals have looked so in turns of late (<see cref="DomainState.FalseAlarms"/>).
    /// </summary>
    /// <param name="context">The evaluation.</param>
    /// <param name="usual">Evaluations where no queue can be the cause, at least 1.</param>
    /// <param name="windows">How many windows longer, at least 1.</param>
    public static int Outlasting(EvaluationContext context, int usual, int windows)
    {
        var more = LoadCovers.HardlyQueues(context, Math.Max(1, context.InService - 1)) ? 0 : EvaluationsOf(context, windows) - 1;
        return (int)Math.Min(10_000, Math.Max(usual + more, usual * (1 + context.State.FalseAlarms)));
    }

    private static int EvaluationsOf(EvaluationContext context, int windows) =>
        (int)Math.Ceiling(windows * (context.Settings.Measurement.Window / context.Settings.EvaluationInterval));
}
