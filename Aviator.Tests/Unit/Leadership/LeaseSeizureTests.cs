using Aviator.Controller.Roles.Release;
using Aviator.Controller.Roles.Watchdog;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Leadership;

/// <summary>An uninstall takes the Lease, and a watchdog leaves the release to it for as long as it lives.</summary>
public sealed class LeaseSeizureTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();
    private readonly FakeLease _lease = new();

    [Fact]
    public async Task Keep_WhileTheReleaseGoesOn_TheWatchdogWaits_AndTakesOverWhenItDies()
    {
        _lease.Put(new("leader", TimeSpan.FromSeconds(15), "", "", 7));
        var (seizure, line, silence) = (new LeaseSeizure(_lease.Connect(), TimeSpan.FromMinutes(10), _time), _lease.Connect(),
            new ControllerSilence(Patience, _time));
        Assert.Equal(TimeSpan.FromSeconds(15), await seizure.TakeAsync(TestContext.Current.CancellationToken));
        Assert.True(_lease.Now!.Spec is { IsUninstall: true, Term: > 7 });

        using var alive = new CancellationTokenSource();
        var keeping = seizure.KeepAsync(alive.Token);
        var longest = TimeSpan.Zero;
        for (var second = 0; second < 120; second++)
        {
            await PassASecondAsync(line, silence);
            Assert.False(silence.IsTooLong);
            longest = silence.Length > longest ? silence.Length : longest;
        }

        Assert.InRange(longest, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(8));
        await alive.CancelAsync();
        await keeping.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        for (var second = 0; second <= Patience.TotalSeconds; second++) await PassASecondAsync(line, silence);
        Assert.True(silence.IsTooLong);
    }

    [Fact]
    public async Task Keep_ServerAwayForAWhile_GoesOnRenewing()
    {
        var line = _lease.Connect();
        var seizure = new LeaseSeizure(line, TimeSpan.FromMinutes(10), _time);
        await seizure.TakeAsync(TestContext.Current.CancellationToken);
        using var alive = new CancellationTokenSource();
        var keeping = seizure.KeepAsync(alive.Token);

        line.Fault = new HttpRequestException("away");
        for (var second = 0; second < 20; second++) await PassASecondAsync(_lease.Connect(), new(Patience, _time));
        Assert.Single(_lease.Writes);
        line.Fault = null;
        for (var second = 0; second < 20; second++) await PassASecondAsync(_lease.Connect(), new(Patience, _time));
        Assert.InRange(_lease.Writes.Count, 3, 5);

        await alive.CancelAsync();
        await keeping.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Keep_LeaseGivenBackOrTakenByAnother_IsLeftAlone()
    {
        var seizure = new LeaseSeizure(_lease.Connect(), TimeSpan.FromMinutes(10), _time);
        await seizure.TakeAsync(TestContext.Current.CancellationToken);
        _lease.Put(_lease.Now!.Spec with { Holder = "controller" });
        using var alive = new CancellationTokenSource();
        var keeping = seizure.KeepAsync(alive.Token);

        for (var second = 0; second < 30; second++) await PassASecondAsync(_lease.Connect(), new(Patience, _time));

        Assert.Equal("controller", _lease.Now!.Spec.Holder);
        Assert.Equal(2, _lease.Writes.Count);
        await alive.CancelAsync();
        await keeping.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    /// <summary>The clock moves on by a second, what waits for it does what is due, and the watchdog looks.</summary>
    private async Task PassASecondAsync(FakeLease.FakeLine line, ControllerSilence silence)
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        // Who waits for the clock gets time of its own to do what is due and to wait again, on a machine with other work too.
        var (due, writes) = (silence.Length >= TimeSpan.FromSeconds(5), _lease.Writes.Count);
        for (var tries = 0; tries < (due ? 5 : 1) && _lease.Writes.Count == writes; tries++)
            await Task.Delay(10, TestContext.Current.CancellationToken);
        if (_lease.Writes.Count > writes) await Task.Delay(30, TestContext.Current.CancellationToken);
        silence.Looked(await line.ReadAsync(TestContext.Current.CancellationToken), _time.GetTimestamp());
    }
}
