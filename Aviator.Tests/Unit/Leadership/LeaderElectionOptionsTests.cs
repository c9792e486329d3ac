using Aviator.Controller.Leadership;
using Aviator.Controller.Roles.Release;
using Aviator.Controller.Roles.Watchdog;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Leadership;

/// <summary>What is wrong with the settings of election, watchdog and release is said by the setting's name, all at once.</summary>
public sealed class LeaderElectionOptionsTests
{
    [Fact]
    public void Defaults_AreAccepted()
    {
        Assert.True(new LeaderElectionOptionsValidator().Validate(null, new() { Enabled = true }).Succeeded);
        Assert.True(new WatchdogOptionsValidator().Validate(null, new()).Succeeded);
        Assert.True(new ReleaseOptionsValidator().Validate(null, new()).Succeeded);
    }

    [Fact]
    public void Election_ManyFaults_AreAllNamed()
    {
        var faults = new LeaderElectionOptionsValidator().Validate(null, new()
        {
            Enabled = true,
            LeaseName = " ",
            Identity = LeaseHolders.Uninstall,
            LeaseDuration = TimeSpan.FromSeconds(1.5),
            RenewDeadline = TimeSpan.FromSeconds(2),
            RetryPeriod = TimeSpan.FromSeconds(2),
        }).Failures!.ToList();
        foreach (var name in (string[])["LeaseName", "Identity", "LeaseDuration", "RenewDeadline", "RetryPeriod"])
            Assert.Single(faults, fault => fault.StartsWith($"Aviator:LeaderElection:{name}:", StringComparison.Ordinal));
    }

    [Fact]
    public void Election_SwitchedOff_AsksNothing() =>
        Assert.True(new LeaderElectionOptionsValidator().Validate(null, new() { LeaseName = "" }).Succeeded);

    [Fact]
    public void WatchdogAndRelease_ManyFaults_AreAllNamed()
    {
        var faults = new WatchdogOptionsValidator()
            .Validate(null, new() { Kubeconfig = "/does/not/exist", LeaseName = "", ReleaseAfter = TimeSpan.FromSeconds(1) }).Failures!
            .Concat(new ReleaseOptionsValidator().Validate(null, new() { Timeout = TimeSpan.Zero, HoldFor = TimeSpan.Zero }).Failures!)
            .ToList();
        foreach (var name in (string[])["Watchdog:Kubeconfig", "Watchdog:LeaseName", "Watchdog:ReleaseAfter", "Release:Timeout",
            "Release:HoldFor"])
            Assert.Single(faults, fault => fault.StartsWith($"{name}:", StringComparison.Ordinal));
    }

    [Fact]
    public void Terms_OfALeaseMadeAnew_AreAboveThoseOfOneThatWasDeleted()
    {
        var then = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        // A leader per minute would be an incident by itself.
        Assert.True(LeaseSpec.FirstTerm(then.AddDays(7)) >= LeaseSpec.FirstTerm(then) + (7 * 24 * 60));
        Assert.InRange(LeaseSpec.FirstTerm(then.AddYears(100)), 1, int.MaxValue);
    }

    [Fact]
    public void Terms_ElectionSwitchedOffAndOnAgain_EachIsAtLeastTheOneBefore()
    {
        var time = new FakeTimeProvider(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var elected = LeaseSpec.NextTerm(0, time.GetUtcNow());
        var again = LeaseSpec.NextTerm(elected, time.GetUtcNow());
        Assert.Equal(elected + 1, again);

        time.Advance(TimeSpan.FromMinutes(5));
        var alone = new SoleLeadership(time).Term!.Number;
        Assert.InRange(alone, again, int.MaxValue);

        time.Advance(TimeSpan.FromSeconds(1));
        Assert.InRange(LeaseSpec.NextTerm(again, time.GetUtcNow()), alone, int.MaxValue);
    }
}
