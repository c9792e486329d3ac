using System.Diagnostics;

namespace Aviator.Controller.Telemetry;

/// <summary>
/// When each stage of an evaluation began and ended. Whether the evaluation is worth a trace is known only after its last stage, so its
/// spans are made then, with these times.
/// </summary>
internal sealed class EvaluationStages
{
    private readonly List<(string Name, DateTimeOffset Start, DateTimeOffset End, (string Key, int Value)[] Tags)> _stages = [];

    private EvaluationStages()
    {
    }

    /// <summary>When the first stage began. Spans have the machine's wall clock, whatever clock the evaluation has.</summary>
    public DateTimeOffset Start { get; } = TimeProvider.System.GetUtcNow();

    /// <summary>Begins the first stage; null when nothing listens.</summary>
    public static EvaluationStages? Begin() => ControllerTracing.Source.HasListeners() ? new() : null;

    /// <summary>The present stage ended, and the next one begins.</summary>
    /// <param name="name">The stage's name.</param>
    /// <param name="tags">What it found.</param>
    public void Ended(string name, params (string Key, int Value)[] tags) =>
        _stages.Add((name, _stages.Count == 0 ? Start : _stages[^1].End, TimeProvider.System.GetUtcNow(), tags));

    /// <summary>Makes the spans of the stages.</summary>
    /// <param name="evaluation">The span that they belong to.</param>
    public void AddTo(Activity evaluation)
    {
        foreach (var (name, start, end, tags) in _stages)
        {
            using var span = ControllerTracing.Source.StartActivity(
                name, ActivityKind.Internal, evaluation.Context, tags: null, links: null, start);
            foreach (var (key, value) in tags) span?.SetTag(key, value);
            span?.SetEndTime(end.UtcDateTime);
        }
    }
}
