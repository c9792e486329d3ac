using Aviator.Core.Decisions;
using Aviator.Core.Decisions.Selection;
using Aviator.Core.Measurement;
using Xunit;

namespace Aviator.Tests.Core;

/// <summary>A pod is silent because it hangs, or because it is given nothing while it works on exports: what came to it tells.</summary>
public sealed class SilenceTests
{
    private static readonly PolicySettings Settings = new() { Selection = new() { Mode = SelectionModes.Adaptive } };

    /// <summary>Its peers have 1 % of exports; seven requests wait at it, of which some came in its silence.</summary>
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(5, 0)]
    [InlineData(7, 0)]
    public void Decide_PodSilentForThreeEvaluations_LeavesByWhatCameInThatTime(int came, double weight)
    {
        var (state, given) = (PolicyState.Initial, 1.0);
        for (var evaluation = 1; evaluation <= 4; evaluation++)
        {
            var silent = evaluation == 1 ? Pod("d") : Silent("d", came: evaluation == 2 ? came : 0);
            var outcome = PolicyDecision.Decide(
                Settings, [Pod("a"), Pod("b"), Pod("c"), silent], state, evaluation * Settings.EvaluationInterval, seed: 1);
            (state, given) = (outcome.Next, outcome.Decision.Endpoints["d"].Weight);
        }

        Assert.Equal(weight, given);
    }

    private static EndpointObservation Silent(string name, int came) => Pod(name) with
    {
        Fresh = MeasuredWindow.Empty with { Duration = Settings.EvaluationInterval, WaitingBefore = 7 - came },
        Rif = 7,
        OldestInFlight = TimeSpan.FromSeconds(40),
    };

    private static EndpointObservation Pod(string name) => new()
    {
        Key = name,
        Name = name,
        Address = name,
        Window = Answers(Settings.Measurement.Window),
        Fresh = Answers(Settings.EvaluationInterval),
    };

    /// <summary>Forty a second after 10 ms, but one in a hundred after 45 s.</summary>
    private static MeasuredWindow Answers(TimeSpan duration) => new(
        LatencyHistogram.FromSamples(Enumerable.Range(0, (int)(40 * duration.TotalSeconds))
            .Select(i => i % 100 == 0 ? TimeSpan.FromSeconds(45) : TimeSpan.FromMilliseconds(10))),
        0, 0, duration);
}
