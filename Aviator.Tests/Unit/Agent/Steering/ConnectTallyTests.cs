using System.Net;
using Aviator.Agent.Steering;
using Aviator.Core.Steering;
using Xunit;

namespace Aviator.Tests.Unit.Agent.Steering;

public sealed class ConnectTallyTests
{
    private readonly ConnectTally _tally = new();
    private readonly AcceptedOrder _order = OrderReader.Read(Orders.Of(1, "10.1.0.1") with
    {
        Services =
        [
            Orders.Web(Orders.Endpoints("10.1.0.1")) with
            {
                ClusterIps = ["10.96.0.10", "fd00:96::a"],
                Ports = [new KernelPort { Port = 80, Endpoints = [] }, new KernelPort { Port = 443, Endpoints = [] }],
            },
        ],
    }, "node-1");

    [Fact]
    public void Add_PortsAndFamilies_AreOneSumOfTheService()
    {
        _tally.Begin([]);
        Add(("10.96.0.10", 80, 5, 1), ("10.96.0.10", 443, 7, 0), ("fd00:96::a", 80, 11, 2));
        Assert.Equal((23, 3), Web());
        Assert.Equal((23, 3), (_tally.Steered, _tally.Passed));
    }

    [Fact]
    public void Add_WhatAnEarlierAgentCounted_IsNotCountedAgain()
    {
        _tally.Begin([Row("10.96.0.10", 80, 100, 10)]);
        Add(("10.96.0.10", 80, 104, 11));
        Assert.Equal((4, 1), Web());
    }

    [Fact]
    public void Add_RowThatLeftAndCameBack_OnlyGrows()
    {
        _tally.Begin([]);
        Add(("10.96.0.10", 80, 100, 10));
        Add();
        Add(("10.96.0.10", 80, 3, 0));
        Assert.Equal((103, 10), Web());
        Add(("10.96.0.10", 80, 1, 0));
        Assert.Equal((104, 10), Web());
    }

    [Fact]
    public void Begin_AnotherTable_KeepsTheSums()
    {
        _tally.Begin([]);
        Add(("10.96.0.10", 80, 100, 10));
        _tally.Begin([]);
        Add(("10.96.0.10", 80, 2, 1));
        Assert.Equal((102, 11), Web());
    }

    private void Add(params (string Address, int Port, long Steered, long Passed)[] rows) =>
        _tally.Add([.. rows.Select(row => Row(row.Address, row.Port, row.Steered, row.Passed))], _order);

    private (long Steered, long Passed) Web() => _tally.Of(_order) is [{ Name: "web", Namespace: "shop" } sum]
        ? (sum.Steered, sum.Passed)
        : throw new InvalidOperationException("The Service has no sum.");

    private static ConnectCounts Row(string address, int port, long steered, long passed) =>
        new(IPAddress.Parse(address), port, steered, passed);
}
