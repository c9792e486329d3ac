using System.Collections.Concurrent;
using Aviator.Controller.Policies;
using Aviator.Core.Decisions;
using Aviator.Kubernetes;
using Aviator.ServiceDefaults;

namespace Aviator.Controller.Orders;

/// <summary>What the nodes' kernels are to do with one Service.</summary>
/// <param name="Decision">Who gets new connections.</param>
/// <param name="Terms">What else the policy asks of them.</param>
internal sealed record KernelRoute(Decision Decision, KernelTerms Terms);

/// <summary>
/// The Services whose connections the nodes' kernels give to endpoints, with the decision in force for each. Held in memory alone: a
/// leader that takes over fills it anew. Safe for several threads.
/// </summary>
internal sealed class KernelRoutes
{
    private readonly ConcurrentDictionary<ObjectKey, KernelRoute> _routes = new();

    /// <summary>Sent when an order would say something else than before.</summary>
    public AsyncPulse Changed { get; } = new();

    /// <summary>A snapshot of all of them.</summary>
    public IReadOnlyCollection<KeyValuePair<ObjectKey, KernelRoute>> All => _routes.ToArray();

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => _routes.IsEmpty;

    /// <summary>The route of a Service; null when the kernels leave it alone.</summary>
    public KernelRoute? Find(ObjectKey service) => _routes.GetValueOrDefault(service);

    /// <summary>From now on this is in force.</summary>
    public void Set(ObjectKey service, KernelRoute route)
    {
        var before = Find(service);
        _routes[service] = route;
        if (before is null || before.Terms != route.Terms || !IsSame(before.Decision, route.Decision)) Changed.Send();
    }

    /// <summary>From now on the kernels leave the Service alone.</summary>
    public void Forget(ObjectKey service)
    {
        if (_routes.TryRemove(service, out _)) Changed.Send();
    }

    /// <summary>Forgets all of them.</summary>
    public void Clear() => _routes.Clear();

    /// <summary>Whether both give the same weight to all that either knows.</summary>
    private static bool IsSame(Decision one, Decision other)
    {
        return ReferenceEquals(one, other) || one.Endpoints.Keys.Concat(other.Endpoints.Keys).All(HaveSameWeight);

        bool HaveSameWeight(string key) => one.WeightOf(key).Equals(other.WeightOf(key));
    }
}
