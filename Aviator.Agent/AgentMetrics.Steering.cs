using System.Diagnostics.Metrics;
using Aviator.Agent.Steering;

namespace Aviator.Agent;

/// <content>What there is where orders are carried out.</content>
internal sealed partial class AgentMetrics
{
    private Counter<long>? _orders;

    /// <summary>Creates the instruments of steering.</summary>
    public void ObserveSteering(OrderBoard board, SteeringStatus status)
    {
        _orders = _meter.CreateCounter<long>(
            "aviator.agent.steering.orders", "{order}", "Orders of a leading controller, by what became of them.");
        foreach (var outcome in (string[])["accepted", "overtaken", "refused"]) _orders.Add(0, OrderOutcome(outcome));
        _meter.CreateObservableCounter(
            "aviator.agent.steering.connects", () => Connects(status.Standing),
            "{connect}", "Connects to Services of the order: given to an endpoint, or passed to kube-proxy untouched.");
        _meter.CreateObservableCounter(
            "aviator.agent.steering.closed", () => status.Standing.Closed,
            "{connection}", "Idle connections that were closed, because their endpoint was out of use or had more than its share.");
        _meter.CreateObservableCounter(
            "aviator.agent.steering.changes", () => status.Standing.Changes,
            "{change}", "Times that the kernel's table was given something else to hold.");
        _meter.CreateObservableGauge(
            "aviator.agent.steering.giving", () => status.Standing.Steering ? 1 : 0,
            "{node}", "1 while the kernel gives connects to endpoints as ordered.");
        _meter.CreateObservableGauge(
            "aviator.agent.steering.order.age", () => Age(board), "s", "Time since the last accepted order; nothing before the first.");
    }

    /// <summary>Counts an order that was accepted.</summary>
    public void OrderAccepted() => _orders?.Add(1, OrderOutcome("accepted"));

    /// <summary>Counts an order that was not.</summary>
    /// <param name="overtaken">Whether a later one had come before it.</param>
    public void OrderRefused(bool overtaken) => _orders?.Add(1, OrderOutcome(overtaken ? "overtaken" : "refused"));

    private static Measurement<long>[] Connects(SteeringStanding standing) =>
        [new(standing.Steered, OrderOutcome("steered")), new(standing.Passed, OrderOutcome("passed"))];

    private static Measurement<double>[] Age(OrderBoard board) => board.Last is { } last ? [new(last.Age.TotalSeconds)] : [];

    private static KeyValuePair<string, object?> OrderOutcome(string outcome) => new("outcome", outcome);
}
