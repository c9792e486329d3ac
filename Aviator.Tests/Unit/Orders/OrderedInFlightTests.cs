using Aviator.Controller.Orders;
using Xunit;

namespace Aviator.Tests.Unit.Orders;

/// <summary>All endpoints of a port are counted alike; one without a sample is not known: neither empty nor full.</summary>
public sealed class OrderedInFlightTests
{
    private static readonly int[] Endpoints = [0, 1, 2, 3];

    [Theory]
    [InlineData(true, 4, "9, 9, 9, 9")]
    [InlineData(true, 3, "9, 9, 9, -")]
    [InlineData(true, 2, "1, 1, 1, 1")]
    [InlineData(true, 0, "1, 1, 1, 1")]
    [InlineData(false, 4, "1, 1, 1, 1")]
    public void For_SomeSamplesAreMissing_CountsAllAlike(bool readsEngines, int samples, string expected) =>
        Assert.Equal(expected, Count(_ => 80, readsEngines, endpoint => endpoint < samples));

    /// <summary>A port that no policy decides by has no samples, and takes nothing from one that has.</summary>
    [Fact]
    public void For_ServiceOfTwoPorts_CountsEachByItsOwn() =>
        Assert.Equal("9, 9, 1, 1", Count(endpoint => endpoint < 2 ? 80 : 81, readsEngines: true, endpoint => endpoint < 2));

    private static string Count(Func<int, int> portOf, bool readsEngines, Func<int, bool> hasSample)
    {
        var inFlight = OrderedInFlight.For(
            Endpoints, portOf, readsEngines, (endpoint, withQueue) => !withQueue ? 1 : hasSample(endpoint) ? 9 : null);
        return string.Join(", ", Endpoints.Select(endpoint => inFlight(endpoint)?.ToString() ?? "-"));
    }
}
