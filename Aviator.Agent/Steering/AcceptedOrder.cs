using Aviator.Kubernetes;

namespace Aviator.Agent.Steering;

/// <summary>An order that was read and found good.</summary>
/// <param name="Term">The leader's term.</param>
/// <param name="Sequence">Its place within the term.</param>
/// <param name="Services">The Services that it names; none for a node that has nothing to steer.</param>
internal sealed record AcceptedOrder(long Term, long Sequence, IReadOnlyList<OrderedService> Services)
{
    /// <summary>From this age on no Service of it is steered any more; zero when it names none.</summary>
    public TimeSpan LongestFailOpen { get; } =
        Services.Select(service => service.FailOpenAfter).DefaultIfEmpty(TimeSpan.Zero).Max();
}

/// <summary>One Service of an order.</summary>
/// <param name="Key">Its namespace and name.</param>
/// <param name="FailOpenAfter">From this age of the order on, its connects pass.</param>
/// <param name="Addresses">Each of its ClusterIPs with each of its ports, and who answers there by the order.</param>
internal sealed record OrderedService(ObjectKey Key, TimeSpan FailOpenAfter, IReadOnlyList<ConnectService> Addresses)
{
    /// <summary>
    /// The labels of its pods, where the pods themselves say which of them are ready; null where Kubernetes' own EndpointSlices do.
    /// </summary>
    public IReadOnlyDictionary<string, string>? PodSelector { get; init; }

    /// <summary>Whether idle connections to its endpoints of weight 0 are closed.</summary>
    public bool CloseIdle { get; init; }

    /// <summary>Whether idle connections are closed so that endpoints that joined get some.</summary>
    public bool Rebalance { get; init; }
}
