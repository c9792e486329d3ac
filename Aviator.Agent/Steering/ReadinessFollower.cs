using System.Net;
using Aviator.Kubernetes;

namespace Aviator.Agent.Steering;

/// <summary>
/// Knows which endpoints of an order are ready, without a controller: a pod that is gone leaves this node's table although nobody orders
/// it. What says so is of Kubernetes in any case: its own EndpointSlices, or the pods where those slices are empty because Aviator's
/// steer the Service; the order says which. Follows only what the order at hand needs. One caller at a time.
/// </summary>
internal sealed class ReadinessFollower
{
    /// <summary>An outage that is shorter is not worth a word.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly SliceFollower _slices;
    private readonly PodFollower _pods;
    private HashSet<ObjectKey> _known = [];
    private long _turns;

    /// <summary>Follows nothing yet.</summary>
    /// <param name="connection">The API server; null without a cluster, where every order stands as it is.</param>
    /// <param name="options">The namespace to follow.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes one line per outage.</param>
    /// <param name="changed">Called after each change.</param>
    public ReadinessFollower(ApiConnection? connection, AgentOptions options, TimeProvider time, ILogger logger, Action changed)
    {
        _slices = new(connection, options, time, logger, changed);
        _pods = new(connection, time, logger, changed);
    }

    /// <summary>Another one whenever more, less or something else is known.</summary>
    public long Version => _slices.Version + _pods.Version + _turns;

    /// <summary>What is wrong with what is followed, in a sentence; null when nothing is.</summary>
    public string? Impairment => Describe("EndpointSlices", _slices.FailingFor) ?? Describe("pods", _pods.FailingFor);

    /// <summary>Follows what says which endpoints of the order are ready.</summary>
    /// <param name="order">The order.</param>
    /// <param name="age">How old it is, by which what is known of before an outage counts.</param>
    public async Task FollowAsync(AcceptedOrder order, TimeSpan age)
    {
        if (order.Services.Any(service => service.PodSelector is null)) _slices.Start();
        else await _slices.StopAsync();
        await _pods.FollowAsync(order.Services.Where(service => service.PodSelector is not null)
            .Select(service => service.Key.Namespace).ToHashSet(StringComparer.Ordinal));

        var known = order.Services.Where(IsKnown).Select(service => service.Key).ToHashSet();
        if (known.SetEquals(_known)) return;
        (_known, _turns) = (known, _turns + 1);

        bool IsKnown(OrderedService service) => service.PodSelector is null
            ? _slices.IsKnownFor(age)
            : _pods.IsKnownFor(service.Key.Namespace, age);
    }

    /// <summary>Who is ready among the Services of the order that was followed last.</summary>
    public ReadyAddresses Of(AcceptedOrder order)
    {
        var (byPods, bySlices) = (new Dictionary<ObjectKey, IReadOnlySet<IPAddress>>(), new List<ObjectKey>());
        foreach (var service in order.Services.Where(service => _known.Contains(service.Key)))
        {
            if (service.PodSelector is { } selector) byPods[service.Key] = _pods.Ready(service.Key.Namespace, selector);
            else bySlices.Add(service.Key);
        }

        return new(byPods.Concat(_slices.Ready(bySlices)).ToDictionary());
    }

    /// <summary>Ends it; what was known is forgotten.</summary>
    public async Task StopAsync()
    {
        await _slices.StopAsync();
        await _pods.FollowAsync(new HashSet<string>());
        _known = [];
    }

    private static string? Describe(string what, TimeSpan? failing) => failing > Patience
        ? $"{what} could not be followed for {failing.Value.TotalSeconds:0} s, so a pod that ends stays until it is ordered out"
        : null;
}
