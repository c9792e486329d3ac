using Aviator.Agent.Interest;
using Aviator.Core.Steering;
using Aviator.Kubernetes;

namespace Aviator.Agent.Steering.Closing;

/// <summary>
/// Looks at the connections and closes the longest idle of them, a few at a time and each once. It remembers from one pass to the next what
/// was closed, and when a Service's last move was. One pass at a time.
/// </summary>
/// <param name="time">The clock of pauses.</param>
/// <param name="cost">The clock by which a look's length is taken.</param>
internal sealed class ClosingPass(TimeProvider time, TimeProvider cost)
{
    /// <summary>
    /// What has been idle for less is left: its client may be about to use it, and a request that crosses the close may fail.
    /// </summary>
    public static readonly TimeSpan ShortestIdle = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// Where all connections to an endpoint out of use are asked again sooner than that, as the ones at the top of a busy pool are, half as
    /// long is enough after each pass that closed none; but never less than this.
    /// </summary>
    public static readonly TimeSpan ShortestIdleOfBusy = TimeSpan.FromMilliseconds(2);

    /// <summary>Of the connections to an endpoint out of use, one in so many is closed in a pass: not all connect again at once.</summary>
    public const int OneOf = 8;

    /// <summary>Looks of a pass, while they are cheap.</summary>
    public const int Looks = 5;

    /// <summary>From one look to the next.</summary>
    public static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(40);

    /// <summary>A look that takes long is followed by a rest of so many times its length: a twentieth of a core at most.</summary>
    private const int PauseFactor = 20;

    private readonly Dictionary<ObjectKey, long> _movedAt = [];
    private Dictionary<EndpointAddress, TimeSpan> _shortest = []; // of those where a pass closed none
    private HashSet<(ulong, ulong)> _closed = [];

    /// <summary>
    /// Looks several times, because a connection in steady use is between two exchanges only now and then; and closes no more for that.
    /// </summary>
    /// <exception cref="InvalidOperationException">The kernel refused.</exception>
    public async Task<ClosingResult> RunAsync(IIdleConnections connections, ClosingPlan plan)
    {
        var result = new ClosingResult([], TimeSpan.Zero, 0);
        var left = new Dictionary<EndpointAddress, Allowance>();
        if (_movedAt.Count > 2 * SteeringLimits.Services) _movedAt.Clear();
        connections.Follow(plan.Endpoints);
        for (var look = 1; look <= Looks; look++)
        {
            var begunAt = cost.GetTimestamp();
            Look(connections, plan, left, result.Owners);
            result = result with { Rest = cost.GetElapsedTime(begunAt) * PauseFactor };
            if (look == Looks || result.Rest > BetweenLooks || left.Values.All(rest => rest.IsUsedUp)) break;
            await Task.Delay(BetweenLooks, time);
        }

        // What is out of use no more begins anew.
        _shortest = left.ToDictionary(row => row.Key, row => row.Value.Closed > 0 ? ShortestOf(row.Key) : Halved(ShortestOf(row.Key)));
        return result with { EndedAt = time.GetTimestamp() };
    }

    /// <summary>No endpoint is out of use: the next one begins anew.</summary>
    public void ForgetWhoIsBusy() => _shortest = [];

    private TimeSpan ShortestOf(EndpointAddress endpoint) => _shortest.GetValueOrDefault(endpoint, ShortestIdle);

    private static TimeSpan Halved(TimeSpan shortest) => shortest / 2 > ShortestIdleOfBusy ? shortest / 2 : ShortestIdleOfBusy;

    private void Look(
        IIdleConnections connections, ClosingPlan plan, Dictionary<EndpointAddress, Allowance> left, List<ObjectKey> owners)
    {
        var all = connections.Find();
        _closed = all.Select(connection => connection.Id).Where(_closed.Contains).ToHashSet();
        var open = all.Where(connection => !_closed.Contains(connection.Id))
            .Select(connection => (Connection: connection, Cause: plan.CauseFor(connection)!)).Where(one => one.Cause is not null).ToList();
        foreach (var endpoint in open.Where(one => one.Cause.Pace is null).ToLookup(one => one.Connection.Endpoint))
        {
            var rest = left.TryGetValue(endpoint.Key, out var known) ? known : new(Math.Max(1, endpoint.Count() / OneOf), 0);
            var closed = Close(endpoint.Select(one => one.Connection), rest.Most - rest.Closed, ShortestOf(endpoint.Key));
            left[endpoint.Key] = rest with { Closed = rest.Closed + closed };
        }

        foreach (var service in open.Where(one => one.Cause.Pace is not null).ToLookup(one => one.Cause.Owner))
        {
            if (_movedAt.TryGetValue(service.Key, out var at) && time.GetElapsedTime(at) < service.First().Cause.Pace) continue;
            if (Close(service.Select(one => one.Connection), 1, ShortestIdle) > 0) _movedAt[service.Key] = time.GetTimestamp();
        }

        int Close(IEnumerable<ClientConnection> candidates, int most, TimeSpan shortest)
        {
            var closed = 0;
            foreach (var connection in candidates.Where(one => one.Idle >= shortest).OrderByDescending(one => one.Idle).Take(most))
            {
                if (!connections.TryClose(connection)) continue;
                _closed.Add(connection.Id);
                owners.Add(plan.CauseFor(connection)!.Owner);
                closed++;
            }

            return closed;
        }
    }

    /// <summary>How many connections to an endpoint a pass may close, and has.</summary>
    private readonly record struct Allowance(int Most, int Closed)
    {
        public bool IsUsedUp => Closed >= Most;
    }
}

/// <summary>What a pass did.</summary>
/// <param name="Owners">The Service of each connection that it closed.</param>
/// <param name="Rest">How long to rest for what the last look cost.</param>
/// <param name="EndedAt">When it ended, by the clock of pauses.</param>
internal sealed record ClosingResult(List<ObjectKey> Owners, TimeSpan Rest, long EndedAt);
