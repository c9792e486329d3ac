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

    private static ConnectEndpoint Pod(int number, double weight) => new(IPAddress.Parse($"10.1.0.{number}"), 8080, weight, 0);
}
