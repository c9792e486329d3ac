using Aviator.Core.Decisions;
using Aviator.Core.Decisions.Selection;
using Aviator.Core.Measurement;
using Xunit;

namespace Aviator.Tests.Core;

/// <summary>An interval of a second and a window of ten: what has just happened is a small part of each window.</summary>
public sealed class ShortIntervalTests
{
    private const int PerSecond = 60, Usual = 10, Slow = 160;

    private static readonly PolicySettings Settings = new()
    {
        EvaluationInterval = TimeSpan.FromSeconds(1),
        Selection = new() { Mode = SelectionModes.Adaptive },
    };

    /// <summary>Each moment's seconds at Slow within the window, for the one pod that is not as usual.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Decide_PodTurnsSlow_LeavesAtTheThirdEvaluationHoweverManyFalseAlarms(int alarms)
    {
        var state = Play(PolicyState.Initial, Pods(Pod("d"))).Next;
        for (var alarm = 0; alarm < alarms; alarm++)
        {
            state = Play(state, Pods(Pod("d", slowSeconds: 1))).Next;
            state = Play(state, Pods(Pod("d", slowSeconds: 1) with { Fresh = Fresh(Usual) })).Next;
            state = Play(state, Pods(Pod("d"))).Next;
        }

        for (var seconds = 1; seconds <= 3; seconds++)
        {
            var outcome = Play(state, Pods(Pod("d", seconds)));
            Assert.Equal(seconds == 3 ? 0 : 1, outcome.Decision.Endpoints["d"].Weight);
            state = outcome.Next;
        }
    }

    /// <summary>A machine that pauses for a tenth of a second has six requests of sixty a second in flight at each pod.</summary>
    [Theory]
    [InlineData(6, Usual, false)]
    [InlineData(6, Slow / 2, true)]
    [InlineData(30, Usual, true)]
    public void Decide_RequestsInFlightRise_SlowPodComesBackIfThatIsNoPause(int inFlight, int newsMilliseconds, bool comesBack)
    {
        var state = Play(PolicyState.Initial, Pods(Pod("d"))).Next;
        for (var seconds = 1; seconds <= 3; seconds++) state = Play(state, Pods(Pod("d", seconds))).Next;
        var nothing = MeasuredWindow.Empty with { Duration = Settings.EvaluationInterval };
        var idle = Pod("d") with { Window = MeasuredWindow.Empty, Fresh = nothing };
        for (var seconds = 0; seconds < 3; seconds++) state = Play(state, Pods(idle)).Next;

        var crowded = Pods(idle).ConvertAll(pod => pod.Key == "d" ? pod : pod with
        {
            Rif = inFlight,
            OldestInFlight = TimeSpan.FromMilliseconds(1000.0 * inFlight / PerSecond),
            Fresh = Fresh(newsMilliseconds),
        });
        Assert.Equal(comesBack ? 1 : 0, Play(state, crowded).Decision.Endpoints["d"].Weight);
    }

    private static PolicyOutcome Play(PolicyState state, List<EndpointObservation> pods) => PolicyDecision.Decide(
        Settings, pods, state, (state.LastEvaluation ?? TimeSpan.Zero) + Settings.EvaluationInterval, seed: 1);

    private static List<EndpointObservation> Pods(EndpointObservation last) => [Pod("a"), Pod("b"), Pod("c"), last];

    private static EndpointObservation Pod(string name, int slowSeconds = 0)
    {
        var samples = Enumerable.Repeat(TimeSpan.FromMilliseconds(Usual), (10 - slowSeconds) * PerSecond)
            .Concat(Enumerable.Repeat(TimeSpan.FromMilliseconds(Slow), slowSeconds * PerSecond));
        return new()
        {
            Key = name,
            Name = name,
            Address = name,
            Window = new(LatencyHistogram.FromSamples(samples), 0, 0, Settings.Measurement.Window),
            Fresh = Fresh(slowSeconds > 0 ? Slow : Usual),
            Rif = 1,
            OldestInFlight = TimeSpan.FromMilliseconds(1),
        };
    }

    private static MeasuredWindow Fresh(int milliseconds) => new(
        LatencyHistogram.FromSamples(Enumerable.Repeat(TimeSpan.FromMilliseconds(milliseconds), PerSecond)), 0, 0,
        Settings.EvaluationInterval);
}
