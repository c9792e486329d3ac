using Aviator.Controller.Autoscaling;
using Aviator.Controller.Boards;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Autoscaling;

/// <summary>Figures are told for as long as they say something of the present.</summary>
public sealed class FigureKeeperTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FigureKeeper _keeper;

    public FigureKeeperTests() => _keeper = new(_time);

    [Theory]
    [InlineData("100ms", 15)]
    [InlineData("5s", 15)]
    [InlineData("1m", 180)]
    public void Figures_OfAPolicyThatIsEvaluatedNoMore_EndAfterThreeIntervals(string interval, int seconds)
    {
        var service = new MeasuredService("web", interval: interval).Evaluate(_keeper, 20, new(1, 1, 1));
        _time.Advance(TimeSpan.FromSeconds(seconds));
        // Looks between evaluations make no figure younger.
        service.Show(_keeper);
        Assert.Equal(TimeSpan.FromSeconds(seconds), Assert.Single(_keeper.In("shop")).Age);

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Empty(_keeper.In("shop"));
        Assert.Null(_keeper.Find(new("shop", "web")));
    }

    [Fact]
    public void Figures_OfTheNextEvaluation_ReplaceTheLast()
    {
        var service = new MeasuredService("web").Evaluate(_keeper, 20, new(1, 1, 1));
        _time.Advance(TimeSpan.FromSeconds(5));
        service.Evaluate(_keeper, 30, new(2, 2, 0.5));
        var figures = Assert.Single(_keeper.In("shop"));
        Assert.Equal((30, TimeSpan.Zero), (figures.P99!.Value.TotalMilliseconds, figures.Age));
    }

    [Fact]
    public void Figures_OfAPolicyThatLostItsService_IsDeleted_OrOfAnEarlierTerm_AreGone()
    {
        Forgets((service, keeper) => service.Lose(keeper));
        Forgets((service, keeper) => keeper.Forget(service.Policy.Metadata.Uid));
        Forgets((_, keeper) => keeper.Clear());

        void Forgets(Action<MeasuredService, FigureKeeper> how)
        {
            var service = new MeasuredService("web").Evaluate(_keeper, 20, new(1, 1, 1));
            Assert.NotNull(_keeper.Find(new("shop", "web")));
            how(service, _keeper);
            Assert.Null(_keeper.Find(new("shop", "web")));
        }
    }

    [Fact]
    public void Sinks_SeveralAsOne_AreAllShown()
    {
        var other = new FigureKeeper(_time);
        Assert.Null(BoardSinks.Of(null, null));
        Assert.Same(_keeper, BoardSinks.Of(null, _keeper));
        var both = BoardSinks.Of(other, _keeper)!;

        var service = new MeasuredService("web").Evaluate(both, 20, new(1, 1, 1));
        Assert.Single(_keeper.In("shop"));
        Assert.Single(other.In("shop"));

        both.Forget(service.Policy.Metadata.Uid);
        Assert.Empty(_keeper.In("shop"));
        Assert.Empty(other.In("shop"));
    }
}
