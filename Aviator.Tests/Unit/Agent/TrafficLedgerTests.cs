using System.Net;
using Aviator.Agent.Counters;
using Aviator.Agent.Interest;
using Aviator.Core.Measurement;
using Aviator.Tests.Fixtures;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Agent;

public sealed class TrafficLedgerTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly HandDrivenCounters _kernel = new();
    private readonly TrafficLedger _ledger;
    private InterestPlan _plan = Plan(("10.0.0.1", "uid-1"));

    public TrafficLedgerTests() => _ledger = new TrafficLedger(_time, TimeSpan.FromSeconds(1));

    public void Dispose() => _kernel.Dispose();

    [Fact]
    public void Record_CountersGrow_TotalsAndWindowFollow()
    {
        Turn();
        _kernel.Set("10.0.0.1", 80, HandDrivenCounters.Traffic(100), rif: 3, oldestSeconds: 0.25);
        var totals = Turn();

        var state = Single();
        Assert.Equal(100, totals.Requests);
        Assert.Equal(3, totals.Rif);
        Assert.Equal(100, state.Total.Latency.Count);
        Assert.Equal((3, 0.25, 0.5), (state.Rif, state.OldestInFlight.TotalSeconds, state.NetworkRtt!.Value.TotalMilliseconds));
        Assert.Equal((100, 0, 1.0), (state.Recent.Count, state.Recent.Errors, state.Recent.Coverage));
        Assert.InRange(state.Recent.P50Ms!.Value, 9.4, 10.7);
    }

    [Fact]
    public void Record_MappedAddress_MeetsThePlan()
    {
        _kernel.Set("::ffff:10.0.0.1", 80, HandDrivenCounters.Traffic(7));
        Turn();
        _kernel.Set("::ffff:10.0.0.1", 80, HandDrivenCounters.Traffic(9));
        Turn();

        Assert.Equal(2, Single().Total.Requests);
    }

    [Fact]
    public void Record_AddressGoesToAnotherPod_StartsAtZero()
    {
        Turn();
        _kernel.Set("10.0.0.1", 80, HandDrivenCounters.Traffic(500));
        Turn();
        _plan = Plan(("10.0.0.1", "uid-2"));
        _kernel.Set("10.0.0.1", 80, HandDrivenCounters.Traffic(510));
        Turn();
        Assert.Equal(("uid-2", 0L, 0L), (Single().Interest.PodUid, Single().Total.Requests, Single().Recent.Count));

        _kernel.Set("10.0.0.1", 80, HandDrivenCounters.Traffic(512));
        Turn();
        Assert.Equal(2, Single().Total.Requests);
    }

    [Fact]
    [Trait("Catalogue", "9")]
    public void Record_CountersGoBackwards_TotalsStillOnlyGrow()
    {
        Turn();
        _kernel.Set("10.0.0.1", 80, HandDrivenCounters.Traffic(100));
        Turn();
        _kernel.Set("10.0.0.1", 80, HandDrivenCounters.Traffic(30));
        var totals = Turn();
        Assert.Equal((30, 1), (totals.Requests, totals.Restarts));
        Assert.Equal(130, Single().Total.Requests);
        Assert.Equal(130, Single().Total.Latency.Count);

        _kernel.Clear();
        Turn();
        Assert.Equal(130, Single().Total.Requests);

        _kernel.Set("10.0.0.1", 80, HandDrivenCounters.Traffic(35));
        Assert.Equal(0, Turn().Restarts);
        Assert.Equal(135, Single().Total.Requests);
    }

    [Fact]
    public void Record_TenSecondsPass_TheWindowForgetsAndTheTotalsDoNot()
    {
        Turn();
        for (var second = 1; second <= 5; second++)
        {
            _kernel.Set("10.0.0.1", 80, HandDrivenCounters.Traffic(second * 10));
            Turn();
        }

        for (var second = 0; second < 8; second++) Turn();
        Assert.Equal(20, Single().Recent.Count);
        for (var second = 0; second < 7; second++) Turn();

        Assert.Equal((50, 0, 10.0), (Single().Total.Requests, Single().Recent.Count, Single().Recent.Seconds));
        Assert.Null(Single().Recent.P50Ms);
        Assert.Null(Single().Recent.Coverage);
    }

    /// <summary>Ten reads a second make no more slots than one does, and the window neither loses nor keeps more.</summary>
    [Fact]
    public void Record_ReadsAreFrequent_TheWindowIsTheSame()
    {
        for (var read = 1; read <= 300; read++)
        {
            _kernel.Set("10.0.0.1", 80, HandDrivenCounters.Traffic(read));
            Turn(TimeSpan.FromMilliseconds(100));
        }

        Assert.Equal(299, Single().Total.Requests);
        Assert.InRange(Single().Recent.Seconds, 10, 11);
        Assert.InRange(Single().Recent.Count, 100, 110);
    }

    [Fact]
    public void Record_ProcessStoodStill_TheWindowSaysHowLongItReallyIs()
    {
        Turn();
        _time.Advance(TimeSpan.FromSeconds(40));
        _kernel.Set("10.0.0.1", 80, HandDrivenCounters.Traffic(100));
        Turn();

        Assert.Equal((100, 41.0), (Single().Recent.Count, Single().Recent.Seconds));
    }

    [Fact]
    public void Record_FailuresAndUnmeasured_CountAsErrorsAndCoverage()
    {
        Turn();
        _kernel.Set("10.0.0.1", 80, HandDrivenCounters.Traffic(60) with { ServerErrors = 4, Unanswered = 2, Unmeasured = 20 });
        var totals = Turn();

        Assert.Equal((60, 4, 2, 20), (totals.Requests, totals.ServerErrors, totals.Unanswered, totals.Unmeasured));
        Assert.Equal((6, 0.75), (Single().Recent.Errors, Single().Recent.Coverage));
    }

    [Fact]
    public void Record_AbandonedRequestsAndStatuses_AreNoErrorsAndAddUp()
    {
        Turn();
        var given = LatencyHistogram.FromSamples([TimeSpan.FromMilliseconds(8), TimeSpan.FromMilliseconds(8)]);
        _kernel.Set("10.0.0.1", 80, HandDrivenCounters.Traffic(60) with { Abandoned = given, Statuses = new(40, 3, 2, 5) });
        var totals = Turn();
        Assert.Equal((2L, new StatusCounts(40, 3, 2, 5), 10L), (totals.Abandoned, totals.Statuses, totals.WithoutStatus));
        Assert.Equal((60, 0), (Single().Recent.Count, Single().Recent.Errors));

        _kernel.Set("10.0.0.1", 80, HandDrivenCounters.Traffic(60) with { Abandoned = given, Statuses = new(41, 3, 2, 5) });
        Assert.Equal(new StatusCounts(1, 0, 0, 0), Turn().Statuses);
        Assert.Equal((2L, 41L), (Single().Total.Abandoned.Count, Single().Total.Statuses.Success));
    }

    [Fact]
    public void QuietFor_NoRequests_GrowsFromTheLastOne()
    {
        var key = EndpointAddress.Of(IPAddress.Parse("10.0.0.1"), 80);
        Assert.Null(_ledger.QuietFor(key));
        Turn();
        Turn();
        Assert.Equal(TimeSpan.FromSeconds(1), _ledger.QuietFor(key));

        _kernel.Set("10.0.0.1", 80, HandDrivenCounters.Traffic(1));
        Turn();
        Assert.Equal(TimeSpan.Zero, _ledger.QuietFor(key));
        Turn();
        Assert.Equal(TimeSpan.FromSeconds(1), _ledger.QuietFor(key));
    }

    [Fact]
    public void Record_EndpointsComeAndGo_KeepsThePlannedOnesOnly()
    {
        for (var generation = 0; generation < 1000; generation++)
        {
            _plan = Plan(($"10.0.{generation / 250}.{generation % 250}", $"uid-{generation}"));
            Turn();
            Assert.Null(_ledger.QuietFor(EndpointAddress.Of(IPAddress.Parse($"10.0.{(generation - 1) / 250}.{(generation + 249) % 250}"),
                80)));
        }

        Assert.Single(_ledger.Read(_plan));
    }

    [Fact]
    public void Math_EveryCounter_IsAddedAndSubtracted()
    {
        var numbers = typeof(EndpointCounters).GetProperties().Where(property => property.PropertyType == typeof(long) && property.CanWrite)
            .ToList();
        Assert.Equal(4, numbers.Count);
        foreach (var number in numbers)
        {
            var (one, three) = (HandDrivenCounters.Traffic(0), HandDrivenCounters.Traffic(0));
            number.SetValue(one, 1L);
            number.SetValue(three, 3L);
            Assert.Equal(4L, number.GetValue(CounterMath.Add(one, three)));
            Assert.Equal(2L, number.GetValue(CounterMath.Since(three, one)));
            Assert.Null(CounterMath.Since(one, three));
            Assert.False(CounterMath.SameTotals(one, three));
        }
    }

    private static InterestPlan Plan(params (string Address, string Uid)[] endpoints) => new(
        [.. endpoints.Select(endpoint => new EndpointInterest(
            EndpointAddress.Of(IPAddress.Parse(endpoint.Address), 80), endpoint.Uid, "shop", endpoint.Uid, Ready: true,
                new ProbeTarget(80, "/", Always: false)))],
        []);

    private ReadTotals Turn(TimeSpan? after = null)
    {
        _time.Advance(after ?? TimeSpan.FromSeconds(1));
        return _ledger.Record(_plan, _kernel.Read());
    }

    private TrafficState Single() => Assert.Single(_ledger.Read(_plan));
}
