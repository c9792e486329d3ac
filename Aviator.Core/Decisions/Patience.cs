namespace Aviator.Core.Decisions;

/// <summary>Evaluations that endpoints must look clearly worse before they leave, as things stand in an evaluation at one moment.</summary>
internal sealed class Patience(EvaluationContext context)
{
    private int? _withQueues;

    /// <summary>Evaluations that <paramref name="endpoint"/> must look clearly worse: more where that may be its queue.</summary>
    public int With(EndpointEvaluation endpoint)
    {
        if (!context.Settings.Dampening.Enabled || endpoint.Hung || endpoint.WorseByNature) return context.Persistence;
        return _withQueues ??= Outlasting(context, context.Persistence, windows: 2);
    }

    /// <summary>
    /// Evaluations after which something is no passing queue any more: so many whole windows longer than usual where there is load to
    /// queue, since windows overlap, and longer where equals have looked so in turns of late (<see cref="DomainState.FalseAlarms"/>).
    /// </summary>
    /// <param name="context">The evaluation.</param>
    /// <param name="usual">Evaluations where no queue can be the cause, at least 1.</param>
    /// <param name="windows">How many windows longer, at least 1.</param>
    public static int Outlasting(EvaluationContext context, int usual, int windows)
    {
        var settings = context.Settings;
        var more = LoadCovers.HardlyQueues(context, Math.Max(1, context.InService - 1))
            ? 0
            : (int)Math.Ceiling(windows * (settings.Measurement.Window / settings.EvaluationInterval)) - 1;
        return (int)Math.Min(10_000, Math.Max(usual + more, usual * (1 + context.State.FalseAlarms)));
    }
}
