using Aviator.Controller.Orders;
using Aviator.Core.Decisions;
using Aviator.Kubernetes;
using Aviator.Tests.Kit.Slices;
using Xunit;

namespace Aviator.Tests.Unit.Orders;

/// <summary>A change of the orders is sent at once, and what says the same as before is none.</summary>
public sealed class KernelRoutesTests
{
    private static readonly ObjectKey Web = new("shop", "web");

    [Fact]
    public void Set_AnotherShareOfTheSameSelection_IsAChange()
    {
        var routes = new KernelRoutes();
        routes.Set(Web, Route(World.Decide(("a", 1), ("b", 0.25))));
        var change = routes.Changed.Next;

        routes.Set(Web, Route(World.Decide(("b", 0.25))));
        Assert.False(change.IsCompleted, "what a decision does not know has a full share");

        routes.Set(Web, Route(World.Decide(("a", 1), ("b", 0.5))));
        Assert.True(change.IsCompleted);
    }

    private static KernelRoute Route(Decision decision) => new(decision, new(TimeSpan.FromSeconds(5)));
}
