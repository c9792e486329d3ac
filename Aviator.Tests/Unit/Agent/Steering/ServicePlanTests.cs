using System.Net;
using Aviator.Agent.Steering;
using Xunit;

namespace Aviator.Tests.Unit.Agent.Steering;

public sealed class ServicePlanTests
{
    /// <summary>The kernel draws in 65,536ths: the share of a trial is still there, and what is above zero never becomes none.</summary>
    [Theory]
    [InlineData(1, 65536u)]
    [InlineData(0.25, 16384u)]
    [InlineData(0.1, 6554u)]
    [InlineData(0.01, 655u)]
    [InlineData(1e-9, 1u)]
    public void From_FractionOfAShare_SurvivesInTheKernelsUnit(double weight, uint kernel)
    {
        var pods = new[] { Pod(1, weight), Pod(2, 0) };
        var plan = ServicePlan.From(new(IPAddress.Parse("10.96.0.1"), 80, TimeSpan.FromSeconds(5), pods));
        Assert.Equal(kernel, Assert.Single(plan.Targets).Weight);
    }

    /// <summary>Peers of a draw are neighbours in the table.</summary>
    [Fact]
    public void From_Canary_ComesAfterTheOthers()
    {
        var pods = new[] { Pod(1, 0.5) with { Canary = true, InFlight = 7 }, Pod(2, 1), Pod(3, 0), Pod(4, 1) };
        var plan = ServicePlan.From(new(IPAddress.Parse("10.96.0.1"), 80, TimeSpan.FromSeconds(5), pods));
        Assert.Equal(["10.1.0.2", "10.1.0.4", "10.1.0.1"], plan.Targets.Select(target => target.Address.ToString()));
        Assert.Equal([false, false, true], plan.Targets.Select(target => target.Canary));
        Assert.Equal([0, 0, 7], plan.Loads.Select(load => load.Requests));
    }

    private static ConnectEndpoint Pod(int number, double weight) => new(IPAddress.Parse($"10.1.0.{number}"), 8080, weight, 0);
}
