using Aviator.Controller.Steering;
using Aviator.Kubernetes;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Kubernetes.Steering;

/// <summary>Nothing is concluded from a cache that is older than the last write.</summary>
public sealed class ExpectationsTests
{
    private static readonly ObjectKey Web = new("shop", "web");
    private static readonly ObjectKey Slice = new("shop", "web-aviator-v4-1");
    private readonly FakeTimeProvider _time = new();
    private readonly Expectations _expectations;
    private (string Uid, string Version)? _seen;

    public ExpectationsTests() => _expectations = new(_time);

    private bool AreMet => _expectations.AreMet(Web, _ => _seen);

    [Fact]
    public void Update_UntilItsVersionOrALaterOneIsSeen_IsWaitedFor()
    {
        _seen = ("u", "9");
        _expectations.Expect(Web, Slice, "u", "10");
        Assert.False(AreMet);
        _seen = ("u", "11");
        Assert.True(AreMet);
    }

    [Fact]
    public void Create_NotSeenYet_IsWaitedFor()
    {
        _expectations.Expect(Web, Slice, "", "10");
        Assert.False(AreMet);
        _seen = ("u", "10");
        Assert.True(AreMet);
    }

    [Fact]
    public void Update_OfWhatSomebodyElseDeletesThen_IsNotWaitedForInVain()
    {
        _seen = ("u", "9");
        _expectations.Expect(Web, Slice, "u", "10");
        _seen = null;
        Assert.True(AreMet);
    }

    [Fact]
    public void Delete_UntilItIsGoneOrAnother_IsWaitedFor()
    {
        _seen = ("u", "9");
        _expectations.Expect(Web, Slice, "u", null);
        Assert.False(AreMet);
        _seen = ("another", "12");
        Assert.True(AreMet);
    }

    [Fact]
    public void Echo_ThatNeverComes_IsGivenUpInTheEnd()
    {
        _expectations.Expect(Web, Slice, "", "10");
        _time.Advance(Expectations.Limit - TimeSpan.FromSeconds(1));
        Assert.False(AreMet);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(AreMet);
    }
}
