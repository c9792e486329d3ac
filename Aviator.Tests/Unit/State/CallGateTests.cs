using Aviator.Redis;
using Aviator.ServiceDefaults;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.State;

/// <summary>A dead Redis is asked rarely, by one caller at a time; what is reported of it is steady.</summary>
public sealed class CallGateTests
{
    private static readonly Backoff Pauses = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8));

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void TryEnter_AfterFailures_OneCallInEachGrowingPause()
    {
        var gate = new CallGate(Pauses, _time);
        var calls = 0;
        for (var tick = 0; tick < 600; tick++, _time.Advance(TimeSpan.FromMilliseconds(100)))
        {
            if (!gate.TryEnter()) continue;
            calls++;
            gate.Unanswered();
        }

        // A minute: pauses of 0.5–1, 1–2, 2–4, then 4–8 s.
        Assert.InRange(calls, 8, 19);
    }

    [Fact]
    public void TryEnter_WhileOneProbes_OthersAreRefused()
    {
        var gate = new CallGate(Pauses, _time);
        Assert.True(gate.TryEnter());
        gate.Unanswered();
        Assert.False(gate.TryEnter());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(gate.TryEnter());
        Assert.False(gate.TryEnter());
        gate.Abandoned();
        Assert.True(gate.TryEnter());
        gate.Answered();
        Assert.True(gate.TryEnter());
        Assert.True(gate.TryEnter());
    }

    [Fact]
    public void Unanswered_ManyAtOnce_AreOneFailure()
    {
        var gate = new CallGate(Pauses, _time);
        for (var i = 0; i < 50; i++) Assert.True(gate.TryEnter());
        for (var i = 0; i < 50; i++) gate.Unanswered();

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(gate.TryEnter());
    }

    [Fact]
    public void Health_OneLateAnswer_IsNoNews()
    {
        var health = new RedisHealth(_time);
        Assert.False(health.Failed("read", "slow"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(health.Succeeded("read"));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(health.Failed("read", "slow"));
        Assert.Null(health.Fault);
    }

    [Fact]
    public void Health_FailingForLong_IsToldOnceAndTakenBackAfterCalm()
    {
        var health = new RedisHealth(_time);
        health.Failed("save", "full");
        _time.Advance(RedisHealth.Patience);
        Assert.True(health.Failed("save", "full"));
        Assert.False(health.Failed("save", "full"));
        Assert.Equal("full", health.Fault);

        // Another operation's success says nothing about this one, and one success in between ends nothing.
        health.Succeeded("read");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(health.Succeeded("save"));
        Assert.False(health.Failed("save", "full"));
        Assert.Equal("full", health.Fault);

        _time.Advance(RedisHealth.Calm);
        Assert.True(health.Succeeded("save"));
        Assert.Null(health.Fault);
    }
}
