using System.Net;
using Aviator.Agent.Bpf;
using Aviator.Agent.Interest;
using Aviator.Agent.Steering;
using Aviator.Agent.Steering.Closing;
using Aviator.Core.Steering;
using Aviator.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Agent.Steering.Closing;

/// <summary>How many connections are closed, which, and when none is.</summary>
public sealed class IdleCloserTests : IAsyncDisposable
{
    private static readonly ServiceKey Web = new(IPAddress.Parse(Orders.ClusterIp), 80);
    private readonly FakeTimeProvider _time = new();
    private readonly ScriptedConnections _connections = new();
    private readonly RecordedTable _table = new();
    private readonly IdleCloser _closer;

    public IdleCloserTests()
    {
        _table.Following = () => _connections;
        // A look costs nothing here: the test's clock moves while one is under way.
        _closer = new(_time, NullLogger.Instance, new FakeTimeProvider());
    }

    public async ValueTask DisposeAsync()
    {
        await _closer.EndAsync();
        _connections.Dispose();
    }

    [Fact]
    public async Task Turn_EndpointOutOfUse_ClosesAnEighthAtATime_TheLongestIdleFirst_EachOnce()
    {
        var order = Order(("10.1.0.1", 1), ("10.1.0.2", 0));
        for (var i = 1; i <= 24; i++) _connections.Open(i, "10.1.0.2", TimeSpan.FromMilliseconds(10 * i));

        await PassAsync(order);
        Assert.Equal([24, 23, 22], _connections.Closed);
        await PassAsync(order);
        Assert.Equal([24, 23, 22, 21, 20], _connections.Closed);
        for (var pass = 0; pass < 19; pass++) await PassAsync(order);

        Assert.Equal(24, _connections.Closed.Distinct().Count());
        Assert.Equal(24, _connections.Closed.Count);
        Assert.Equal((24, 24), (_closer.Closed, _closer.ClosedOf(new("shop", "web"))));
        Assert.Equal(["10.1.0.2"], _connections.Followed.Select(endpoint => endpoint.Address.ToString()));
    }

    [Fact]
    public async Task Turn_BusyOrHardlyIdleOrNotAskedFor_StaysOpen()
    {
        _connections.Open(1, "10.1.0.2", null);
        _connections.Open(2, "10.1.0.2", ClosingPass.ShortestIdleOfBusy - TimeSpan.FromTicks(1));
        _connections.Open(3, "10.1.0.2", TimeSpan.FromSeconds(1), service: new(IPAddress.Parse("10.96.0.11"), 80));
        for (var pass = 0; pass < 5; pass++) await PassAsync(Order(("10.1.0.1", 1), ("10.1.0.2", 0)));

        Assert.Empty(_connections.Closed);
        Assert.Null(_closer.Refusal);
    }

    /// <summary>The top of a busy pool: 10 ms, 5, 2.5, and 2 from then on, until the endpoint is in use again.</summary>
    [Fact]
    public async Task Turn_AllAreAskedAgainSoon_TakesShorterAndShorterPausesForIdle()
    {
        var order = Order(("10.1.0.1", 1), ("10.1.0.2", 0));
        _connections.Open(1, "10.1.0.2", ClosingPass.ShortestIdle - TimeSpan.FromTicks(1));
        _connections.Open(2, "10.1.0.2", ClosingPass.ShortestIdleOfBusy);
        await PassAsync(order);
        Assert.Empty(_connections.Closed);
        await PassAsync(order);
        Assert.Equal([1], _connections.Closed);
        await PassAsync(order);
        await PassAsync(order);
        Assert.Equal([1], _connections.Closed);
        await PassAsync(order);
        Assert.Equal([1, 2], _connections.Closed);

        await PassAsync(Order(("10.1.0.1", 1), ("10.1.0.2", 0.01)));
        _connections.Open(3, "10.1.0.2", ClosingPass.ShortestIdle - TimeSpan.FromTicks(1));
        await PassAsync(order);
        Assert.Equal([1, 2], _connections.Closed);
    }

    [Theory]
    [InlineData(true, 1, 0.01)] // on trial
    [InlineData(true, 0, 0)] // nobody to go to
    [InlineData(false, 1, 0)] // not asked for
    public void Turn_NothingToClose_FollowsNothing(bool close, double one, double other)
    {
        _closer.Turn(_table, Order(close, ("10.1.0.1", one), ("10.1.0.2", other)));

        Assert.False(_connections.IsAskedFor);
    }

    [Fact]
    public async Task Turn_EndpointComesBack_LetsGoOfTheKernel()
    {
        await PassAsync(Order(("10.1.0.1", 1), ("10.1.0.2", 0)));
        Assert.False(_connections.Disposed);

        _time.Advance(IdleCloser.Pace);
        _closer.Turn(_table, Order(("10.1.0.1", 1), ("10.1.0.2", 0.01)));

        Assert.True(_connections.Disposed);
    }

    /// <summary>A tenth per minute, and none any more once the endpoint that joined has its share.</summary>
    [Fact]
    public async Task Turn_EndpointJoined_MovesATenthPerMinute_FromThoseWithMoreThanTheirShare()
    {
        await PassAsync(Rebalanced("10.1.0.1", "10.1.0.2"));
        for (var i = 1; i <= 15; i++) _connections.Open(i, "10.1.0.1", TimeSpan.FromMilliseconds(100 + i));
        for (var i = 16; i <= 30; i++) _connections.Open(i, "10.1.0.2", TimeSpan.FromMilliseconds(100 + i));
        (_table.Open[At("10.1.0.1")], _table.Open[At("10.1.0.2")]) = (15, 15);
        Assert.False(_connections.IsAskedFor, "nobody has joined");

        var order = Rebalanced("10.1.0.1", "10.1.0.2", "10.1.0.3");
        for (var second = 0; second < 61; second++) await PassAsync(order, TimeSpan.FromSeconds(1), looksAgain: false);
        Assert.Equal([30, 29, 28, 27], _connections.Closed);

        (_table.Open[At("10.1.0.1")], _table.Open[At("10.1.0.2")], _table.Open[At("10.1.0.3")]) = (12, 11, 7);
        for (var second = 0; second < 120; second++) await PassAsync(order, TimeSpan.FromSeconds(1), looksAgain: false);
        Assert.Equal(4, _connections.Closed.Count);
        Assert.True(_connections.Disposed);
    }

    [Fact]
    public async Task Turn_EndpointJoinedLongAgo_StaysAsItIs()
    {
        await PassAsync(Rebalanced("10.1.0.1"));
        _connections.Open(1, "10.1.0.1", TimeSpan.FromSeconds(1));
        _table.Open[At("10.1.0.1")] = 40;
        var order = Rebalanced("10.1.0.1", "10.1.0.2");
        await PassAsync(order);
        Assert.Equal([1], _connections.Closed);

        _connections.Open(2, "10.1.0.1", TimeSpan.FromSeconds(1));
        await PassAsync(order, Crowding.Lasts);
        Assert.Equal([1], _connections.Closed);
    }

    [Fact]
    public async Task Turn_KernelRefuses_SaysWhy_AndTriesAgainWithPauses()
    {
        var order = Order(("10.1.0.1", 1), ("10.1.0.2", 0));
        var tries = 0;
        _table.Following = () => ++tries < 3 ? throw new BpfUnavailableException("It cannot be done.", []) : _connections;

        _closer.Turn(_table, order);
        Assert.Equal("It cannot be done.", _closer.Refusal);
        _closer.Turn(_table, order);
        Assert.Equal(1, tries);
        for (var pass = 0; pass < 8 && _closer.Refusal is not null; pass++) await PassAsync(order, TimeSpan.FromSeconds(2));

        Assert.Equal((3, null), (tries, _closer.Refusal));
    }

    [Fact]
    public async Task Turn_SomeCannotBeLookedAt_ClosesTheOthers_AndSaysSo()
    {
        _connections.Impairment = "Some cannot be closed.";
        _connections.Open(1, "10.1.0.2", null);
        _connections.Open(2, "10.1.0.2", TimeSpan.FromSeconds(1));
        await PassAsync(Order(("10.1.0.1", 1), ("10.1.0.2", 0)));

        Assert.Equal([2], _connections.Closed);
        Assert.Equal("Some cannot be closed.", _closer.Refusal);
    }

    [Fact]
    public async Task Turn_PassFails_SaysWhy_AndBeginsAgain()
    {
        var order = Order(("10.1.0.1", 1), ("10.1.0.2", 0));
        _connections.Fault = new InvalidOperationException("The walk failed.");
        await PassAsync(order);
        Assert.Equal("The walk failed.", _closer.Refusal);
        Assert.True(_connections.Disposed);

        _connections.Fault = null;
        _connections.Open(1, "10.1.0.2", TimeSpan.FromSeconds(1));
        for (var pass = 0; pass < 4; pass++) await PassAsync(order, TimeSpan.FromSeconds(2));
        Assert.Equal((1, null), (_closer.Closed, _closer.Refusal));
    }

    private Task PassAsync(AcceptedOrder order) => PassAsync(order, IdleCloser.Pace * 2);

    /// <summary>Begins a pass if one is due, and waits until it has been taken in.</summary>
    /// <param name="order">The order in force.</param>
    /// <param name="later">How much later than the one before.</param>
    /// <param name="looksAgain">Whether the pass waits between looks, so that the clock has to move on.</param>
    private async Task PassAsync(AcceptedOrder order, TimeSpan later, bool looksAgain = true)
    {
        _time.Advance(later);
        _closer.Turn(_table, order);
        await Eventually.TrueAsync(
            () =>
            {
                if (looksAgain && !_closer.IsAtRest) _time.Advance(ClosingPass.BetweenLooks);
                return _closer.IsAtRest;
            },
            "the end of a pass");
        _closer.Turn(_table, order);
    }

    private static EndpointAddress At(string address) => new(IPAddress.Parse(address), 8080);

    private static AcceptedOrder Rebalanced(params string[] pods) => OrderReader.Read(Orders.Of(1) with
    {
        Services = [Orders.Web(Orders.Endpoints(pods)) with { Rebalance = true }],
    }, "node-1");

    private static AcceptedOrder Order(params (string Address, double Weight)[] endpoints) => Order(true, endpoints);

    private static AcceptedOrder Order(bool close, params (string Address, double Weight)[] endpoints) => OrderReader.Read(Orders.Of(1) with
    {
        Services =
        [
            Orders.Web([.. endpoints.Select(
                endpoint => new KernelEndpoint { Address = endpoint.Address, Port = 8080, Weight = endpoint.Weight, InFlight = 0 })])
                with { CloseIdle = close },
        ],
    }, "node-1");

    /// <summary>Connections that are as idle as the test says.</summary>
    private sealed class ScriptedConnections : IIdleConnections
    {
        private readonly List<ClientConnection> _open = [];

        public List<int> Closed { get; } = [];

        public IReadOnlySet<EndpointAddress> Followed { get; private set; } = new HashSet<EndpointAddress>();

        public Exception? Fault { get; set; }

        public string? Impairment { get; set; }

        public bool IsAskedFor { get; private set; }

        public bool Disposed { get; private set; }

        public void Open(int number, string endpoint, TimeSpan? idle, ServiceKey? service = null) => _open.Add(new(
            ((ulong)number, 1), service ?? Web, new(IPAddress.Parse(endpoint), 8080), 1, (uint)number, idle));

        public void Follow(IReadOnlySet<EndpointAddress> endpoints) => (Followed, IsAskedFor) = (endpoints, true);

        public IReadOnlyList<ClientConnection> Find() => Fault is { } fault ? throw fault : [.. _open];

        public bool TryClose(ClientConnection connection)
        {
            Closed.Add((int)connection.Descriptor);
            return true;
        }

        public void Dispose() => Disposed = true;
    }
}
