using Aviator.Controller.Cluster;
using Xunit;

namespace Aviator.Tests.Unit.Autoscaling;

/// <summary>Selectors as an HPA's controller and kubectl write them.</summary>
public sealed class LabelSelectorTests
{
    private static readonly Dictionary<string, string> Labels = new() { ["service"] = "web", ["policy"] = "web-policy" };

    [Theory]
    [InlineData("", true)]
    [InlineData("service=web", true)]
    [InlineData("service==web", true)]
    [InlineData("service = web , policy=web-policy", true)]
    [InlineData("service=cart", false)]
    [InlineData("service!=cart", true)]
    [InlineData("service!=web", false)]
    [InlineData("zone!=a", true)]
    [InlineData("service in (cart,web)", true)]
    [InlineData("service in(cart, web),policy", true)]
    [InlineData("service in (cart)", false)]
    [InlineData("service notin (cart)", true)]
    [InlineData("service notin (web)", false)]
    [InlineData("zone notin (a)", true)]
    [InlineData("service", true)]
    [InlineData("!service", false)]
    [InlineData("!zone,service=web", true)]
    [InlineData("zone", false)]
    [InlineData("zone in (a)", false)]
    [InlineData("app.kubernetes.io/name=x", false)]
    [InlineData("service=", false)]
    public void Matches_Selector_LikeAnApiServer(string selector, bool expected) =>
        Assert.Equal(expected, LabelSelector.Parse(selector)!.Matches(Labels));

    [Theory]
    [InlineData("service=web,")]
    [InlineData("=web")]
    [InlineData("service=web cart")]
    [InlineData("service in web")]
    [InlineData("service in (web")]
    [InlineData("service>1")]
    [InlineData("!service=web")]
    [InlineData(",")]
    public void Parse_WhatIsNoSelector_IsRefused(string selector) => Assert.Null(LabelSelector.Parse(selector));

    [Fact]
    public void Parse_EndlessSelector_IsRefused() => Assert.Null(LabelSelector.Parse(string.Join(',', Enumerable.Repeat("a=b", 2000))));
}
