using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Policies;
using Aviator.Controller.Reconciliation;
using Aviator.Tests.Kit.Slices;
using Xunit;

namespace Aviator.Tests.Unit.Reconciliation;

/// <summary>When policies are evaluated that a controller finds at its start.</summary>
public sealed class PaceTests
{
    private const int Policies = 200;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    [Fact]
    public void Evaluated_ManyAtTheStart_AreSpreadOverHalfAnIntervalAndStaySo()
    {
        var paces = Enumerable.Range(0, Policies).Select(i => (Pace: new Pace(), Uid: $"policy-{i}")).ToList();
        foreach (var (pace, uid) in paces) pace.Evaluated(Case(uid, TimeSpan.Zero), onTime: true);
        var second = paces.Select(policy => policy.Pace.NextDue).ToList();
        Assert.All(second, due => Assert.InRange(due, Interval / 2, Interval));
        // Of 200 in ten equal parts of the half interval, 20 each on average.
        var crowd = second.GroupBy(due => (int)((due - (Interval / 2)) / (Interval / 20))).Max(part => part.Count());
        Assert.InRange(crowd, 1, Policies / 4);

        foreach (var (pace, uid) in paces) pace.Evaluated(Case(uid, pace.NextDue), onTime: true);
        Assert.Equal(second.Select(due => due + Interval), paces.Select(policy => policy.Pace.NextDue));
    }

    [Fact]
    public void EndWarmUp_OfManyAtOnce_SpreadsThemAgain()
    {
        var pace = new Pace();
        pace.Evaluated(Case("p", TimeSpan.Zero), onTime: true);
        pace.StartWarmUp(Case("p", Interval));
        pace.EndWarmUp(Interval * 2, () => true);
        Assert.Equal(Interval * 2, pace.NextDue);
        pace.Evaluated(Case("p", Interval * 2), onTime: true);
        Assert.InRange(pace.NextDue, Interval * 2.5, Interval * 3);
    }

    private static PolicyCase Case(string uid, TimeSpan now)
    {
        var policy = new AviatorPolicy
        {
            Metadata = new() { NamespaceProperty = "shop", Name = uid, Uid = uid, Generation = 1 },
            Spec = new() { TargetRef = new() { Name = "web" }, EvaluationInterval = "5s" },
        };
        return new(policy, SpecReader.Read(policy.Spec, out _)!, new(true, "Accepted", ""), World.Web, [], now);
    }
}
