using System.Net;
using Aviator.Controller.Leadership;
using Aviator.Kubernetes;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Leadership;

/// <summary>The election, with every fault that its kind is known for.</summary>
public sealed class LeaseElectorTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task TwoReplicas_FreeLease_ExactlyOneLeads()
    {
        using var world = new ElectorWorld();
        var (one, two) = (world.Start("one").Elector, world.Start("two").Elector);
        await world.UntilAsync(() => one.Term is not null || two.Term is not null, Minute, "somebody to lead");
        await world.PassAsync(Minute, () => Assert.False(one.Term is not null && two.Term is not null));
        Assert.True(one.Term is not null ^ two.Term is not null);
        var leader = one.Term is null ? "two" : "one";
        Assert.Equal((leader, leader), (one.Holder, two.Holder)); // the one that stands by knows who leads
        Assert.Single(world.Lease.Writes.Select(write => write.Holder).Distinct());
    }

    [Fact]
    public async Task LeaderGone_WithoutAWord_SuccessorLeadsWithinTwentySecondsInAHigherTerm()
    {
        using var world = new ElectorWorld();
        var leader = await world.LeaderAsync("one");
        var first = leader.Elector.Term!.Number;
        var standby = world.Start("two").Elector;
        await world.PassAsync(TimeSpan.FromSeconds(7));
        leader.Process.Stopped = true;
        var took = await world.UntilAsync(() => standby.Term is not null, Minute, "the standby to lead");
        Assert.InRange(took, TimeSpan.FromSeconds(11), TimeSpan.FromSeconds(18));
        Assert.True(standby.Term!.Number > first);
    }

    [Fact]
    public async Task LeaderResigns_StandbyThatHearsOfIt_LeadsAtOnce()
    {
        using var world = new ElectorWorld();
        var leader = await world.LeaderAsync("one");
        var term = leader.Elector.Term!;
        var standby = world.Start("two").Elector;
        await world.PassAsync(TimeSpan.FromSeconds(5));
        leader.Process.Stopped = true;
        await leader.Elector.ResignAsync(TestContext.Current.CancellationToken);
        Assert.True(term.Ended.IsCancellationRequested);
        Assert.Equal("", world.Lease.Now!.Spec.Holder);
        standby.Heard(world.Lease.Now);
        Assert.InRange(await world.UntilAsync(() => standby.Term is not null, Minute, "the standby to lead"), TimeSpan.Zero,
            TimeSpan.FromMilliseconds(200));
    }

    [Fact, Trait("Catalogue", "23")]
    public async Task Requests_FailForLessThanTheDeadline_TheTermGoesOn()
    {
        using var world = new ElectorWorld();
        var (elector, line, _) = await world.LeaderAsync("one");
        var term = elector.Term;
        foreach (var fault in new Exception[] { new HttpRequestException("reset"),
            new ApiException(HttpStatusCode.InternalServerError, null, "etcd"), new TimeoutException("slow"),
                new InvalidOperationException("odd") })
        {
            line.Fault = fault;
            // The deadline (10 s), less the 2 s since the last renewal, and the 2 s until the next attempt.
            await world.PassAsync(TimeSpan.FromSeconds(5.5), () => Assert.Same(term, elector.Term));
            line.Fault = null;
            await world.PassAsync(TimeSpan.FromSeconds(4), () => Assert.Same(term, elector.Term));
        }
    }

    [Fact, Trait("Catalogue", "23")]
    public async Task Requests_FailForAMinute_TheTermEndsAtItsDeadlineAndAnotherFollows()
    {
        using var world = new ElectorWorld();
        var (elector, line, _) = await world.LeaderAsync("one");
        var term = elector.Term!;
        line.Fault = new HttpRequestException("away");
        var (lasted, before) = (await world.UntilAsync(() => elector.Term is null, Minute, "the term to end"), line.Requests);
        Assert.InRange(lasted, TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(10.1));
        Assert.True(term.Ended.IsCancellationRequested);
        await world.PassAsync(Minute);
        Assert.InRange(line.Requests - before, 20, 70);
        line.Fault = null;
        await world.UntilAsync(() => elector.Term is not null, TimeSpan.FromSeconds(3), "it to lead again");
        Assert.True(elector.Term!.Number > term.Number);
    }

    [Fact]
    public async Task Request_Hangs_TheTermEndsAtItsDeadlineAllTheSame()
    {
        using var world = new ElectorWorld();
        var (elector, line, _) = await world.LeaderAsync("one");
        line.Hang = true;
        Assert.InRange(await world.UntilAsync(() => elector.Term is null, Minute, "the term to end"), TimeSpan.FromSeconds(8),
            TimeSpan.FromSeconds(10.1));
    }

    [Fact, Trait("Catalogue", "34")]
    public async Task ProcessStopped_ForLongerThanTheLease_MayNotWriteWhenItWakes()
    {
        using var world = new ElectorWorld();
        // A stopped process: its timers do not fire and its requests do not go out, but the clock continues.
        var clock = new FrozenTimers(world.Time);
        var (elector, _, process) = await world.LeaderAsync("one", clock);
        var term = elector.Term!;
        (clock.Frozen, process.Stopped) = (true, true);
        world.Time.Advance(TimeSpan.FromSeconds(20));
        Assert.Null(elector.Term);
        Assert.False(term.Holds);
        Assert.False(term.Renew(world.Time.GetTimestamp()), "a term that is over does not come back");
        Assert.True(term.Ended.IsCancellationRequested);
    }

    [Fact]
    public async Task AnswerOfTakingTheLease_GetsLost_TheLeaseIsKnownAsOwn()
    {
        using var world = new ElectorWorld();
        world.Lease.Put(new("", TimeSpan.FromSeconds(15), "", "", 5));
        var (elector, own, _) = world.Start("one");
        own.LoseAnswers = true;
        await world.UntilAsync(() => world.Lease.Now?.Spec.Holder == "one" || own.Requests > 3, Minute, "an attempt");
        own.LoseAnswers = false;
        Assert.InRange(await world.UntilAsync(() => elector.Term is not null, Minute, "it to lead"), TimeSpan.Zero,
            TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task AnswerOfARenewal_GetsLost_TheTermGoesOn()
    {
        using var world = new ElectorWorld();
        var (elector, line, _) = await world.LeaderAsync("one");
        var term = elector.Term;
        line.LoseAnswers = true;
        await world.PassAsync(TimeSpan.FromSeconds(4));
        line.LoseAnswers = false;
        await world.PassAsync(TimeSpan.FromSeconds(30), () => Assert.Same(term, elector.Term));
    }

    [Fact]
    public async Task Lease_IsLabelled_TheTermGoesOn()
    {
        using var world = new ElectorWorld();
        var elector = (await world.LeaderAsync("one")).Elector;
        var term = elector.Term;
        for (var times = 0; times < 5; times++)
        {
            world.Lease.Label();
            await world.PassAsync(TimeSpan.FromSeconds(5), () => Assert.Same(term, elector.Term));
        }
    }

    [Fact]
    public async Task Lease_IsTakenByForce_TheTermEndsWhenItIsHeardOf()
    {
        using var world = new ElectorWorld();
        var elector = (await world.LeaderAsync("one")).Elector;
        var spec = world.Lease.Now!.Spec;
        world.Lease.Put(spec with { Holder = "two", Term = spec.Term + 1 });
        elector.Heard(world.Lease.Now);
        Assert.InRange(await world.UntilAsync(() => elector.Term is null, Minute, "the term to end"), TimeSpan.Zero,
            TimeSpan.FromMilliseconds(200));
    }

    [Fact]
    public async Task Lease_IsDeleted_ANewOneCountsOn()
    {
        using var world = new ElectorWorld();
        var elector = (await world.LeaderAsync("one")).Elector;
        var term = elector.Term!;
        world.Lease.Delete();
        await world.UntilAsync(() => elector.Term is { } now && now != term, Minute, "a new term");
        Assert.True(elector.Term!.Number > term.Number);
    }

    [Fact]
    public async Task Clocks_MinutesApart_ChangeNothing()
    {
        using var world = new ElectorWorld();
        var leader = (await world.LeaderAsync("one")).Elector;
        var late = new OffsetClock(world.Time, TimeSpan.FromMinutes(7));
        var early = new OffsetClock(world.Time, TimeSpan.FromMinutes(-7));
        var (two, three) = (world.Start("two", late).Elector, world.Start("three", early).Elector);
        await world.PassAsync(TimeSpan.FromMinutes(2), () =>
            Assert.True(leader.Term is not null && two.Term is null && three.Term is null));
    }

    [Fact]
    public async Task Uninstall_HoldsTheLease_NobodyLeadsUntilItsOwnDurationIsOver()
    {
        using var world = new ElectorWorld();
        var elector = (await world.LeaderAsync("one")).Elector;
        world.Lease.Put(new(LeaseHolders.Uninstall, TimeSpan.FromMinutes(5), "", "", world.Lease.Now!.Spec.Term + 1));
        await world.UntilAsync(() => elector.Term is null, TimeSpan.FromSeconds(3), "the term to end");
        await world.PassAsync(TimeSpan.FromMinutes(4.9), () => Assert.Null(elector.Term));
        await world.UntilAsync(() => elector.Term is not null, Minute, "it to lead again");
        Assert.Equal(world.Lease.Writes[^1].Term, elector.Term!.Number);
    }

    [Fact]
    public async Task UninstallsLease_VanishesWithTheDeployment_NobodyLeadsInItsLastSeconds()
    {
        using var world = new ElectorWorld();
        var elector = (await world.LeaderAsync("one")).Elector;
        world.Lease.Put(new(LeaseHolders.Uninstall, TimeSpan.FromMinutes(5), "", "", world.Lease.Now!.Spec.Term + 1));
        await world.UntilAsync(() => elector.Term is null, TimeSpan.FromSeconds(3), "the term to end");
        await world.PassAsync(TimeSpan.FromSeconds(5));
        world.Lease.Delete();
        elector.Heard(null);
        await world.PassAsync(LeaseElector.AfterUninstall - TimeSpan.FromSeconds(2), () => Assert.Null(elector.Term));
        await world.UntilAsync(() => elector.Term is not null, Minute, "it to lead again");
    }

    [Fact]
    public async Task NextTerm_IsGivenOnceATermBegins()
    {
        using var world = new ElectorWorld();
        var elector = world.Start("one").Elector;
        var waiting = elector.NextTermAsync(null, TestContext.Current.CancellationToken);
        await world.UntilAsync(() => elector.Term is not null, Minute, "it to lead");
        // The answer comes on its own thread, which the fake clock does not wait for.
        Assert.Same(elector.Term, await waiting.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        Assert.False(elector.NextTermAsync(elector.Term, TestContext.Current.CancellationToken).IsCompleted);
    }

    private sealed class OffsetClock(FakeTimeProvider time, TimeSpan offset) : TimeProvider
    {
        public override long TimestampFrequency => time.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + offset;

        public override long GetTimestamp() => time.GetTimestamp() + (offset.Ticks * time.TimestampFrequency / TimeSpan.TicksPerSecond);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            time.CreateTimer(callback, state, dueTime, period);
    }

    private sealed class FrozenTimers(FakeTimeProvider time) : TimeProvider
    {
        public bool Frozen { get; set; }

        public override long TimestampFrequency => time.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

        public override long GetTimestamp() => time.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            time.CreateTimer(s =>
        {
            if (!Frozen) callback(s);
        }, state, dueTime, period);
    }
}
