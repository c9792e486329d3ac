using Aviator.Core.Steering;
using Xunit;

namespace Aviator.Tests.Core.Steering;

public sealed class InFlightMeanTests
{
    /// <summary>
    /// Both count the same requests at other moments, so their difference is chance and tells nothing of the endpoint. The bounds are about
    /// twice what chance gives; means over fewer orders are above them.
    /// </summary>
    [Theory]
    [InlineData(0.3, 200)]
    [InlineData(1, 2_000)]
    public void Next_AllOfItIsThisNodes_MostlyStaysAtNone(double inFlight, int most)
    {
        var (chance, mean, apart) = (new Random(7), new InFlightMean(), 0);
        for (var order = 0; order < 10_000; order++)
            if (mean.Next(new(Poisson(chance, inFlight)), Poisson(chance, inFlight)) != 0 && order >= 10)
                apart++;

        Assert.InRange(apart, 0, most);
    }

    [Fact]
    public void Next_OthersHaveFourMoreThere_SaysSo()
    {
        var (chance, mean, sum) = (new Random(7), new InFlightMean(), 0);
        for (var order = 0; order < 1_000; order++)
        {
            var own = Poisson(chance, 1);
            sum += mean.Next(new(own + Poisson(chance, 4.5)), own);
        }

        Assert.InRange(sum / 1_000.0, 3.5, 4.5);
    }

    /// <summary>What was open before the hooks saw connects is in the first reports, and in no counter.</summary>
    [Fact]
    public void Next_FirstReportHoldsWhatTheNodeDidNotSee_IsForgottenInSevenOrders()
    {
        var mean = new InFlightMean();
        Assert.Equal(3, mean.Next(new(3), 0));
        for (var order = 0; order < 5; order++) mean.Next(new(0), 0);
        Assert.Equal(0, mean.Next(new(0), 0));
    }

    /// <summary>What fails at once has nothing open: it counts like the middle endpoint sooner than a mean of its own would.</summary>
    [Fact]
    public void Next_AnotherStandsIn_CountsWithinSixOrders()
    {
        var (fails, busier) = (new InFlightMean(), new InFlightMean());
        for (var order = 0; order < 100; order++)
        {
            fails.Next(new(4), own: 4);
            busier.Next(new(4), own: 4);
        }

        for (var order = 0; order < 6; order++)
        {
            fails.Next(new(20, StandsIn: true), own: 0);
            busier.Next(new(20), own: 0);
        }

        Assert.InRange(fails.Beside, 15, 20);
        Assert.InRange(busier.Beside, 5, 11);
    }

    /// <summary>
    /// Queues grow by ten each second at all, and one that fails has the middle figure of the others. Were its mean the quicker one, it
    /// would look the more loaded the faster the others' queues grow, and leave them its part of the load.
    /// </summary>
    [Fact]
    public void Next_AnotherStandsInForLong_DoesNotRunAheadOfIt()
    {
        var (fails, grows) = (new InFlightMean(), new InFlightMean());
        for (var order = 0; order < 100; order++)
        {
            fails.Next(new(4, StandsIn: true), own: 0);
            grows.Next(new(4), own: 0);
        }

        for (var order = 1; order <= 30; order++)
        {
            fails.Next(new(4 + (10 * order), StandsIn: true), own: 0);
            grows.Next(new(4 + (10 * order)), own: 0);
            Assert.InRange(fails.Beside, 4, grows.Beside);
        }
    }

    /// <summary>A machine that stands still for a moment shows many requests in one report, which says nothing of the next.</summary>
    [Fact]
    public void Next_OneReportOfAStall_HardlyMovesIt()
    {
        var mean = new InFlightMean();
        for (var order = 0; order < 100; order++) mean.Next(new(1), own: 1);
        Assert.InRange(mean.Next(new(21), own: 1), 0, 2);
        Assert.InRange(mean.Next(new(1), own: 1), 0, 2);
    }

    /// <summary>A report is of the time of the order before: a growing queue is no load of others.</summary>
    [Fact]
    public void Next_OwnQueueGrows_IsNotCountedTwice()
    {
        var mean = new InFlightMean();
        for (var order = 0; order < 100; order++) mean.Next(new(10 * order), own: 10 * (order + 1));
        Assert.InRange(mean.Beside, -1, 1);
    }

    /// <summary>Clients that keep idle connections have more open than is in flight.</summary>
    [Fact]
    public void Next_TwentyIdleConnections_AreTakenOff()
    {
        var mean = new InFlightMean();
        for (var order = 0; order < 100; order++) mean.Next(new(1), own: 21);
        Assert.Equal(-20, mean.Beside);
    }

    private static int Poisson(Random chance, double mean)
    {
        var (count, product, limit) = (0, chance.NextDouble(), Math.Exp(-mean));
        for (; product > limit && count < 100; count++) product *= chance.NextDouble();
        return count;
    }
}
