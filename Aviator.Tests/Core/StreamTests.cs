using Aviator.Core.Decisions;
using Aviator.Core.Decisions.Selection;
using Aviator.Core.Measurement;
using Xunit;

namespace Aviator.Tests.Core;

/// <summary>Answers that go on for long are load, and nobody waits for them: they are not held against their pod.</summary>
public sealed class StreamTests
{
    private const int InFlight = 400, Evaluations = 10;

    private static readonly PolicySettings Settings = new() { Selection = new() { Mode = SelectionModes.Adaptive } };

    /// <summary>One request has waited for two seconds; the others wait as well, or are streams.</summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(InFlight - 1, true)]
    public void Decide_PodWithMuchInFlight_LeavesUnlessTheseAreAnswersUnderWay(int answersUnderWay, bool stays)
    {
        var state = PolicyState.Initial;
        var weight = 0.0;
        for (var evaluation = 1; evaluation <= Evaluations; evaluation++)
        {
            var outcome = PolicyDecision.Decide(
                Settings, [Pod("a"), Pod("b"), Pod("c"), Pod("d", answersUnderWay)], state, evaluation * Settings.EvaluationInterval,
                seed: 1);
            (state, weight) = (outcome.Next, outcome.Decision.Endpoints["d"].Weight);
        }

        Assert.Equal(stays ? 1 : 0, weight);
    }

    private static EndpointObservation Pod(string name, int? answersUnderWay = null) => new()
    {
        Key = name,
        Name = name,
        Address = name,
        Window = Answers(Settings.Measurement.Window),
        Fresh = Answers(Settings.EvaluationInterval),
        Rif = answersUnderWay is null ? 0 : InFlight,
        AnswersUnderWay = answersUnderWay ?? 0,
        OldestInFlight = answersUnderWay is null ? TimeSpan.Zero : TimeSpan.FromSeconds(2),
    };

    /// <summary>Twenty a second, each after 10 ms.</summary>
    private static MeasuredWindow Answers(TimeSpan duration) => new(
        LatencyHistogram.FromSamples(Enumerable.Repeat(TimeSpan.FromMilliseconds(10), (int)(20 * duration.TotalSeconds))), 0, 0, duration);
}
