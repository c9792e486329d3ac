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

    /// <summary>
    /// Four times a second nothing slow is in the windows yet when it shows: one answer that was slow, and what waits. Old requests and
    /// answers as fast as ever show nothing, nor does what the others suffer too.
    /// </summary>
    [Theory]
    [InlineData(1, 0, 3, 200, false, 3)]
    [InlineData(0, 15, 1, 30_000, false, null)]
    [InlineData(0, 15, 6, 30_000, false, null)]
    [InlineData(2, 15, 2, 200, false, null)]
    [InlineData(1, 0, 3, 200, true, null)]
    public void Decide_FewSlowAnswersAndRequestsThatWait_LeavesOnlyIfThatIsAllItDoes(
        int slow, int fast, int inFlight, int oldestMilliseconds, bool everywhere, int? leavesAt)
    {
        var settings = Settings with { EvaluationInterval = TimeSpan.FromMilliseconds(250) };
        var usual = Pod("x") with { Fresh = News(0, PerSecond / 4) };
        var odd = usual with
        {
            Fresh = News(slow, fast),
            Rif = inFlight,
            OldestInFlight = TimeSpan.FromMilliseconds(oldestMilliseconds),
        };
        var state = Next(PolicyState.Initial, usual).Next;
        int? left = null;
        for (var evaluation = 1; evaluation <= 8; evaluation++)
        {
            var outcome = Next(state, odd);
            if (outcome.Decision.Endpoints["d"].Weight == 0) left ??= evaluation;
            Assert.Equal(1, outcome.Decision.Endpoints["a"].Weight);
            state = outcome.Next;
        }

        Assert.Equal(leavesAt, left);

        PolicyOutcome Next(PolicyState before, EndpointObservation last) => PolicyDecision.Decide(
            settings,
            new[] { "a", "b", "c", "d" }.Select(name => Named(name == "d" || everywhere ? last : usual, name)).ToList(),
            before,
            (before.LastEvaluation ?? TimeSpan.Zero) + settings.EvaluationInterval,
            seed: 1);

        MeasuredWindow News(int slowOnes, int fastOnes) => new(
            LatencyHistogram.FromSamples(Enumerable.Repeat(TimeSpan.FromMilliseconds(Slow), slowOnes)
                .Concat(Enumerable.Repeat(TimeSpan.FromMilliseconds(Usual), fastOnes))),
            0,
            0,
            settings.EvaluationInterval);
    }

    private static EndpointObservation Named(EndpointObservation pod, string name) =>
        pod with { Key = name, Name = name, Address = name };

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
