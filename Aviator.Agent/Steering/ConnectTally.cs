using Aviator.Agent.Interest;
using Aviator.Core.Steering;
using Aviator.Kubernetes;

namespace Aviator.Agent.Steering;

/// <summary>
/// Adds up what a table counted, per Service and over all, since the agent started: a row begins at zero again when it leaves the table and
/// comes back, a Service's sum never does. One caller at a time.
/// </summary>
internal sealed class ConnectTally
{
    private readonly Dictionary<ObjectKey, (long Steered, long Passed)> _services = [];
    private Dictionary<EndpointAddress, ConnectCounts> _rows = [];

    /// <summary>Connects given to an endpoint, over all Services.</summary>
    public long Steered { get; private set; }

    /// <summary>Connects that passed untouched, over all Services.</summary>
    public long Passed { get; private set; }

    /// <summary>A table was opened: what it has counted already, for whichever agent, is not counted again.</summary>
    public void Begin(IReadOnlyList<ConnectCounts> counts) => _rows = ByAddress(counts);

    /// <summary>Takes in what the table has counted by now.</summary>
    /// <param name="counts">All its rows.</param>
    /// <param name="order">The order whose Services they are.</param>
    public void Add(IReadOnlyList<ConnectCounts> counts, AcceptedOrder order)
    {
        var owners = order.Services.SelectMany(service => service.Addresses, (service, row) => (service.Key, row))
            .ToDictionary(entry => new EndpointAddress(entry.row.Address, entry.row.Port), entry => entry.Key);
        var rows = ByAddress(counts);
        foreach (var (address, now) in rows)
        {
            var (steered, passed) = Growth(_rows.GetValueOrDefault(address), now);
            (Steered, Passed) = (Steered + steered, Passed + passed);
            if (!owners.TryGetValue(address, out var owner)) continue;
            var sum = _services.GetValueOrDefault(owner);
            _services[owner] = (sum.Steered + steered, sum.Passed + passed);
        }

        _rows = rows;
        Bound(order);
    }

    /// <summary>The sums of an order's Services.</summary>
    public IReadOnlyList<KernelServiceCounts> Of(AcceptedOrder order) => [.. order.Services.Select(service => Sum(service.Key))];

    private KernelServiceCounts Sum(ObjectKey service)
    {
        var (steered, passed) = _services.GetValueOrDefault(service);
        return new() { Namespace = service.Namespace, Name = service.Name, Steered = steered, Passed = passed };
    }

    /// <summary>A row that shows less than before was out of the table and is back.</summary>
    private static (long Steered, long Passed) Growth(ConnectCounts? before, ConnectCounts now) =>
        before is null || now.Steered < before.Steered || now.Passed < before.Passed
            ? (now.Steered, now.Passed)
            : (now.Steered - before.Steered, now.Passed - before.Passed);

    private static Dictionary<EndpointAddress, ConnectCounts> ByAddress(IReadOnlyList<ConnectCounts> counts) =>
        counts.ToDictionary(row => new EndpointAddress(row.Address, row.Port));

    /// <summary>Services that are ordered no more are kept, for they may come back, but not without an end.</summary>
    private void Bound(AcceptedOrder order)
    {
        if (_services.Count <= 2 * SteeringLimits.Services) return;
        var ordered = order.Services.Select(service => service.Key).ToHashSet();
        foreach (var gone in _services.Keys.Where(key => !ordered.Contains(key)).ToList()) _services.Remove(gone);
    }
}
