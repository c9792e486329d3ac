using System.Diagnostics.Metrics;
using Aviator.Agent.Engines;

namespace Aviator.Agent;

/// <content>Questions to inference engines.</content>
internal sealed partial class AgentMetrics
{
    private Counter<long>? _engineQuestions;

    /// <summary>Creates the instruments, at zero.</summary>
    public void ObserveEngines()
    {
        _engineQuestions = _meter.CreateCounter<long>(
            "aviator.agent.engine.questions", "{question}", "Questions to inference engines for their queue, by outcome.");
        foreach (var outcome in Enum.GetValues<EngineOutcome>()) _engineQuestions.Add(0, EngineTag(outcome));
    }

    /// <summary>Counts one question.</summary>
    public void EngineAsked(EngineOutcome outcome) => _engineQuestions?.Add(1, EngineTag(outcome));

    private static KeyValuePair<string, object?> EngineTag(EngineOutcome outcome) => new("outcome", outcome switch
    {
        EngineOutcome.Answered => "answered",
        EngineOutcome.TimedOut => "timeout",
        EngineOutcome.Unreachable => "unreachable",
        EngineOutcome.Status => "status",
        EngineOutcome.TooLarge => "too_large",
        _ => "no_figure",
    });
}
