namespace Aviator.Controller.Orders;

/// <summary>How requests in flight are counted for a Service's order: in the same way for all endpoints of a port.</summary>
public static class OrderedInFlight
{
    /// <summary>
    /// With the engines' queues where the policy asks for them and most endpoints of the port have a sample: one that has none then counts
    /// as the middle one, like any that is not known. With fewer samples than that, all count as their nodes' kernels do.
    /// </summary>
    /// <typeparam name="T">What an endpoint is known by.</typeparam>
    /// <param name="endpoints">The endpoints.</param>
    /// <param name="portOf">The Service's port that an endpoint is behind.</param>
    /// <param name="readsEngines">Whether the policy names an inference engine.</param>
    /// <param name="inFlight">Requests in flight at one, with its engine's queue or without; null when that is not known.</param>
    public static Func<T, int?> For<T>(
        IReadOnlyCollection<T> endpoints, Func<T, int> portOf, bool readsEngines, Func<T, bool, int?> inFlight)
    {
        if (!readsEngines) return endpoint => inFlight(endpoint, false);
        var withQueues = endpoints.GroupBy(portOf)
            .Where(port => port.Count(endpoint => inFlight(endpoint, true) is not null) * 2 > port.Count())
            .Select(port => port.Key).ToHashSet();
        return endpoint => inFlight(endpoint, withQueues.Contains(portOf(endpoint)));
    }
}
