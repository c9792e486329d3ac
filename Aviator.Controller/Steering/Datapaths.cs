using Aviator.Controller.Cluster;
using Aviator.Controller.Leadership;
using Aviator.Controller.Orders;
using Aviator.Controller.Policies;
using Aviator.Controller.Telemetry;
using Aviator.Kubernetes;

namespace Aviator.Controller.Steering;

/// <summary>The ways to carry a decision out, and how to hand back each.</summary>
/// <param name="cluster">What is seen.</param>
/// <param name="service">Under the Service itself.</param>
/// <param name="twin">Under a twin of it.</param>
/// <param name="kernel">By the nodes' kernels, on a policy's terms.</param>
internal sealed class Datapaths(ClusterView cluster, IDatapath service, TwinDatapath twin, Func<KernelTerms, IDatapath> kernel)
{
    /// <summary>All of them, over one API server.</summary>
    /// <param name="cluster">What is seen.</param>
    /// <param name="connection">The API server.</param>
    /// <param name="dialect">Its version of EndpointSlice.</param>
    /// <param name="leadership">Whether writing is allowed.</param>
    /// <param name="metrics">Counts the writes; null where they are not counted.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Take one line per write.</param>
    /// <param name="routes">Takes what the kernels are to do; null in a role that only hands back, and so gives them no orders.</param>
    /// <param name="answers">What the kernels' agents said; null with <paramref name="routes"/>.</param>
    public static Datapaths Over(
        ClusterView cluster, ApiConnection connection, SliceDialect dialect, ILeadership leadership, ControllerMetrics? metrics,
        TimeProvider time, ILoggerFactory loggers, KernelRoutes? routes = null, SteeringAnswers? answers = null)
    {
        (routes, answers) = (routes ?? new(), answers ?? new(time, cluster.NodesOfClients));
        var slices = new SliceApi(connection, dialect, metrics);
        var (ofTwins, twins) = (Publishing(new TwinTarget(cluster)), new TwinApi(connection));
        var twin = new TwinDatapath(cluster, ofTwins, slices, twins, leadership, time, loggers.CreateLogger<TwinDatapath>());
        return new(
            cluster, Publishing(new ServiceTarget(cluster)), twin, terms => new KernelDatapath(routes, answers, terms));

        EndpointSliceDatapath Publishing(SliceTarget target) =>
            new(target, slices, leadership, new SteeringOptions(), time, loggers.CreateLogger<EndpointSliceDatapath>());
    }

    /// <summary>The one that a policy asks for.</summary>
    public IDatapath For(PolicyTerms terms) => terms.Routing switch
    {
        PolicyRouting.Shadow => twin,
        PolicyRouting.Kernel => kernel(terms.Kernel),
        PolicyRouting.KernelAndService => new KernelAndServiceDatapath(service, kernel(terms.Kernel)),
        _ => service,
    };

    /// <summary>Continues to hand back what a policy of this routing does not publish under; its clients lose nothing.</summary>
    /// <returns>Null when nothing of Aviator's is left on it.</returns>
    public async Task<DatapathState?> ReleaseOtherAsync(PolicyRouting routing, ObjectKey key, CancellationToken cancellationToken)
    {
        if (!routing.OrdersKernels()) await ReleaseKernelAsync(key, cancellationToken);
        return Both(
            routing.SteersTheService() ? null : await ReleaseServiceAsync(key, cancellationToken),
            routing == PolicyRouting.Shadow ? null : await ReleaseTwinAsync(key, cancellationToken));
    }

    /// <summary>Continues to hand all back; a twin stays, for Kubernetes to serve.</summary>
    /// <inheritdoc cref="ReleaseOtherAsync"/>
    public async Task<DatapathState?> ReleaseAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        await ReleaseKernelAsync(key, cancellationToken);
        return Both(await ReleaseServiceAsync(key, cancellationToken), await ReleaseTwinAsync(key, cancellationToken));
    }

    /// <summary>Continues to hand the Service back and to remove its twin: no policy asks for it any more.</summary>
    /// <inheritdoc cref="ReleaseOtherAsync"/>
    public async Task<DatapathState?> RemoveAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        await ReleaseKernelAsync(key, cancellationToken);
        return Both(
            await ReleaseServiceAsync(key, cancellationToken),
            twin.IsThere(key) ? Open(await twin.RemoveAsync(key, cancellationToken)) : null);
    }

    /// <summary>
    /// Whether the clients of a Service, or of its twin, depend on Aviator: what has to be handed back before Aviator may be gone.
    /// </summary>
    public bool IsHeld(ObjectKey key) => Marks.OnService(cluster, key) || twin.IsHeld(key);

    /// <summary>This process begins to lead: waits and pauses of an earlier term mean nothing any more.</summary>
    public void BeginTerm()
    {
        service.BeginTerm();
        twin.BeginTerm();
        kernel(KernelTerms.Default).BeginTerm();
    }

    /// <summary>Whether a policy still owes the removal of a twin.</summary>
    public bool HasTwin(ObjectKey key) => twin.IsThere(key);

    /// <summary>Done at once, so there is nothing to wait for.</summary>
    private Task<DatapathState> ReleaseKernelAsync(ObjectKey key, CancellationToken cancellationToken) =>
        kernel(KernelTerms.Default).ReleaseAsync(key, cancellationToken);

    private async Task<DatapathState?> ReleaseServiceAsync(ObjectKey key, CancellationToken cancellationToken) =>
        Marks.OnService(cluster, key) ? Open(await service.ReleaseAsync(key, cancellationToken)) : null;

    private async Task<DatapathState?> ReleaseTwinAsync(ObjectKey key, CancellationToken cancellationToken) =>
        twin.IsThere(key) ? Open(await twin.ReleaseAsync(key, cancellationToken)) : null;

    private static DatapathState? Open(DatapathState state) =>
        state.Phase is SteeringPhase.Released or SteeringPhase.Gone && state.Writes == 0 ? null : state;

    private static DatapathState? Both(DatapathState? one, DatapathState? other) =>
        one is null || other is null ? one ?? other : one with { LookAgainAfter = Delays.Sooner(one.LookAgainAfter, other.LookAgainAfter) };
}
