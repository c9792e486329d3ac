using Aviator.Controller.Leadership;
using Aviator.Controller.Roles.Watchdog;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Leadership;

/// <summary>When the watchdog gives the controllers up, and when it must not.</summary>
public sealed class ControllerSilenceTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ControllerSilence _silence;
    private int _renewals;
    private Lease? _lease;

    public ControllerSilenceTests() => _silence = new(TimeSpan.FromSeconds(30), _time);

    [Fact]
    public void Renewals_EverySecond_AreNoSilence()
    {
        for (var second = 0; second < 300; second++)
        {
            Renew();
            Second();
            Assert.False(_silence.IsTooLong);
        }
    }

    [Fact]
    public void Renewals_Cease_ItIsTooLongAfterThirtySeconds()
    {
        Renew();
        Second();
        for (var second = 1; second < 29; second++)
        {
            Second();
            Assert.False(_silence.IsTooLong, $"after {second} s");
        }

        Second();
        Assert.True(_silence.IsTooLong);
    }

    [Fact]
    public void Lease_WasNeverThere_CountsFromTheFirstLook()
    {
        for (var second = 0; second < 29; second++)
        {
            Second();
            Assert.False(_silence.IsTooLong);
        }

        Second();
        Assert.True(_silence.IsTooLong);
    }

    [Fact]
    public void Lease_IsGivenUp_CountsFromThen()
    {
        Renew();
        for (var second = 0; second < 20; second++) Second();
        _lease = _lease! with { Spec = _lease.Spec with { Holder = "" } };
        for (var second = 0; second < 29; second++)
        {
            Second();
            Assert.False(_silence.IsTooLong);
        }

        Second();
        Assert.True(_silence.IsTooLong);
    }

    [Fact]
    public void ServerAway_ForMinutes_DoesNotCount()
    {
        Renew();
        for (var second = 0; second < 20; second++) Second();
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.False(_silence.IsTooLong, "nobody could renew");
        for (var second = 0; second < 30; second++)
        {
            Look();
            Assert.False(_silence.IsTooLong);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Look();
        Assert.True(_silence.IsTooLong, "now somebody could have");
    }

    [Fact]
    public void Lease_ThatStandsLong_LeavesAStandbyItsTurn()
    {
        Renew(TimeSpan.FromSeconds(60));
        for (var second = 0; second < 64; second++)
        {
            Second();
            Assert.False(_silence.IsTooLong);
        }

        Second();
        Assert.True(_silence.IsTooLong);
    }

    [Fact]
    public void Uninstall_ThatEndedHalfWay_IsNotWaitedForAsLongAsItHolds()
    {
        _lease = new("u", "1", new(LeaseHolders.Uninstall, TimeSpan.FromMinutes(10), "", "", 1));
        for (var second = 0; second < 32; second++) Second();
        Assert.True(_silence.IsTooLong);
    }

    [Fact]
    public async Task Standing_ControllerIsBack_EndsTheTermAtOnce()
    {
        var world = new FakeLease();
        world.Put(new("one", TimeSpan.FromSeconds(15), "", "", 1));
        var line = world.Connect();
        using var standing = new WatchdogStanding(line, _silence, _time, NullLogger<WatchdogStanding>.Instance);
        var process = Process(standing);
        var waited = 0;
        for (; standing.Term is null && waited < 400; waited++) await Stepper.TickAsync(_time, process);
        Assert.InRange(waited, 295, 330);
        var term = standing.Term!;

        // As long as the look is fresh it continues; when the server is away it ends by itself.
        for (var tenths = 0; tenths < 100; tenths++)
        {
            await Stepper.TickAsync(_time, process);
            Assert.Same(term, standing.Term);
        }

        world.Put(world.Now!.Spec with { Holder = "two", Term = 2 });
        standing.Heard(world.Now);
        Assert.Null(standing.Term);
        Assert.True(term.Ended.IsCancellationRequested);
    }

    [Fact]
    public async Task Standing_ServerAway_MayNotWriteAfterAFewSeconds()
    {
        var world = new FakeLease();
        var line = world.Connect();
        using var standing = new WatchdogStanding(line, _silence, _time, NullLogger<WatchdogStanding>.Instance);
        var process = Process(standing);
        for (var waited = 0; standing.Term is null && waited < 400; waited++) await Stepper.TickAsync(_time, process);
        Assert.NotNull(standing.Term);
        line.Hang = true;
        var left = 0;
        for (; standing.Term is not null && left < 100; left++) await Stepper.TickAsync(_time, process);
        Assert.InRange(left, 30, 51);
    }

    private Stepper[] Process(WatchdogStanding standing)
    {
        var never = new TaskCompletionSource().Task;
        return [new(_time, standing.StepAsync, () => never, TestContext.Current.CancellationToken)];
    }

    private void Renew(TimeSpan? duration = null) =>
        _lease = new("u", $"{++_renewals}", new("one", duration ?? TimeSpan.FromSeconds(15), "", $"{_renewals}", 1));

    private void Second()
    {
        Look();
        _time.Advance(TimeSpan.FromSeconds(1));
        Look();
    }

    private void Look() => _silence.Looked(_lease, _time.GetTimestamp());
}
