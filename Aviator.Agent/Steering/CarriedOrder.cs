using Aviator.Agent.Steering.Closing;

namespace Aviator.Agent.Steering;

/// <summary>What the table holds, of which order, and what it has counted. One caller at a time.</summary>
internal sealed class CarriedOrder(TimeProvider time)
{
    /// <summary>From one read of the counters to the next.</summary>
    private static readonly TimeSpan CountEvery = TimeSpan.FromSeconds(1);

    private readonly ConnectTally _tally = new();
    private IConnectTable? _table;
    private AcceptedOrder? _order;
    private (AcceptedOrder Order, long Readiness) _planned;
    private IReadOnlyList<ConnectService> _holds = [];
    private long _changes;
    private long _countedAt;

    /// <summary>Has the table hold what the order names, if it does not yet.</summary>
    /// <param name="table">The table.</param>
    /// <param name="order">The order.</param>
    /// <param name="readiness">The version of what is known of who is ready.</param>
    /// <param name="ready">Tells which addresses of the order are ready.</param>
    /// <exception cref="InvalidOperationException">The kernel refused; what the table held it still holds.</exception>
    public void CarryOut(IConnectTable table, AcceptedOrder order, long readiness, Func<ReadyAddresses> ready)
    {
        if (!ReferenceEquals(_table, table)) Begin(table);
        var wanted = (order, readiness);
        if (_planned == wanted)
        {
            if (time.GetElapsedTime(_countedAt) >= CountEvery) Count();
            return;
        }

        // Rows that leave take their counts with them.
        Count();
        var plan = SteeringPlan.Of(order, ready());
        var changes = _order is null || !SteeringPlan.Same(_holds, plan);
        // A newer order is one more figure of what is in flight, also one that says the same.
        if (changes || _order != order) table.Apply(plan);
        if (changes) _changes++;

        (_planned, _holds, _order) = (wanted, plan, order);
    }

    /// <summary>The table is given up; what it counted is kept.</summary>
    public void LetGo()
    {
        if (_table is not null) Count();
        (_table, _order, _planned, _holds) = (null, null, default, []);
    }

    /// <summary>The standing, with what was counted.</summary>
    public SteeringStanding Standing(bool steering, string reason, IdleCloser closer) => new(
        steering, reason,
        _order is null ? [] : [.. _tally.Of(_order).Select(sum => sum with { Closed = closer.ClosedOf(new(sum.Namespace, sum.Name)) })],
        _tally.Steered, _tally.Passed, _changes)
    {
        Closed = closer.Closed,
        NotClosing = closer.Refusal,
    };

    private void Begin(IConnectTable table)
    {
        _tally.Begin(table.Read());
        (_table, _order, _planned, _holds, _countedAt) = (table, null, default, [], time.GetTimestamp());
    }

    private void Count()
    {
        _countedAt = time.GetTimestamp();
        if (_order is not null) _tally.Add(_table!.Read(), _order);
    }
}
