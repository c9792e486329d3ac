using Aviator.Core.Decisions;
using Aviator.Core.Decisions.Selection;
using Aviator.Core.Measurement;
using Xunit;

namespace Aviator.Tests.Core;

/// <summary>A mode is one class: one that only the tests know runs through the whole decision, and no other file names any mode.</summary>
public sealed class SelectionModeTests
{
    private static readonly PolicySettings Settings = new()
    {
        Selection = new() { Mode = new FiveFoldSelection() },
        Safety = new() { MinEndpoints = 1 },
    };

    [Fact]
    public void All_Names_AreDistinctAndBeginWithTheDefault()
    {
        Assert.Equal(["percentage", "topN", "threshold", "adaptive", "prequal"], SelectionModes.All.Select(mode => mode.Name));
        Assert.Same(SelectionModes.All[0], new SelectionSettings().Mode);
    }

    [Fact]
    public void Decide_AddedMode_ExcludesByItsRuleForItsReason()
    {
        var pods = new[] { Pod("a", 10), Pod("b", 12), Pod("c", 45), Pod("d", 80) };
        var verdicts = Play(PolicyState.Initial, steps: 3, pods).Decision.Endpoints;
        Assert.Equal(["a", "b", "c"], verdicts.Values.Where(verdict => verdict.Weight > 0).Select(verdict => verdict.Key).Order());
        Assert.Equal("unselected: over five times as slow as the best", verdicts["d"].Reason);
    }

    [Theory]
    [InlineData(40, true, "selected: passed its trial, p99 ")]
    [InlineData(90, false, "unselected: p99 ")]
    public void Decide_AddedMode_JudgesTrialsByItsRule(double milliseconds, bool stays, string reason)
    {
        var found = PolicyState.FromSelection(new HashSet<string> { "a", "b" }, ["a", "b", "idle"]);
        var begun = Play(found, steps: 1, Pod("a", 10), Pod("b", 10), Idle("idle", probe: 30));
        Assert.Equal(EndpointState.Trial, begun.Decision.Endpoints["idle"].State);

        var judged = Play(begun.Next, steps: 1, Pod("a", 10), Pod("b", 10), Pod("idle", milliseconds)).Decision.Endpoints["idle"];
        Assert.Equal(stays, judged.Weight > 0);
        Assert.StartsWith(reason, judged.Reason, StringComparison.Ordinal);
    }

    private static PolicyOutcome Play(PolicyState state, int steps, params EndpointObservation[] pods)
    {
        PolicyOutcome? outcome = null;
        for (var step = 0; step < steps; step++)
        {
            var now = (state.LastEvaluation ?? TimeSpan.Zero) + Settings.EvaluationInterval;
            outcome = PolicyDecision.Decide(Settings, pods, state, now, seed: 1);
            state = outcome.Next;
        }

        return outcome!;
    }

    private static EndpointObservation Pod(string name, double milliseconds)
    {
        var latency = LatencyHistogram.FromSamples(Enumerable.Repeat(TimeSpan.FromMilliseconds(milliseconds), 200));
        var window = new MeasuredWindow(latency, 0, 0, Settings.EvaluationInterval);
        return new() { Key = name, Name = name, Address = name, Window = window, Fresh = window };
    }

    private static EndpointObservation Idle(string name, double probe) => Pod(name, 1) with
    {
        Window = MeasuredWindow.Empty,
        Fresh = MeasuredWindow.Empty with { Duration = Settings.EvaluationInterval },
        Probe = new([TimeSpan.FromMilliseconds(probe)], TimeSpan.FromSeconds(1)),
    };
}
