namespace Aviator.Core.Decisions;

/// <summary>Evaluations that endpoints must look clearly worse before they leave, as things stand in an evaluation at one moment.</summary>
internal sealed class Patience(EvaluationContext context)
{
    private int? _withQueues;

    /// <summary>Evaluations that <paramref name="endpoint"/> must look clearly worse: more where that may be its queue.</summary>
    public int With(EndpointEvaluation endpoint)
    {
        if (!context.Settings.Dampening.Enabled || endpoint.Hung || endpoint.WorseByNature) return context.Persistence;
        return _withQueues ??= WithQueues();
    }

    /// <summary>
    /// What may be a queue must look clearly worse for a whole window more where there is load to queue, since windows overlap, and for
    /// longer where equals have looked so in turns of late: see <see cref="DomainState.FalseAlarms"/>.
    /// </summary>
    private int WithQueues()
    {
        var settings = context.Settings;
        var window = LoadCovers.IsIdle(context, Math.Max(1, context.InService - 1))
            ? 0
            : (int)Math.Ceiling(settings.Measurement.Window / settings.EvaluationInterval) - 1;
        var withWindow = context.Persistence + window;
        return (int)Math.Min(10_000, Math.Max(withWindow, context.Persistence * (1 + context.State.FalseAlarms)));
    }
}
