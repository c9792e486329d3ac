using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Cluster;
using Aviator.Controller.Policies;
using Aviator.Controller.Steering;
using Aviator.Kubernetes;

namespace Aviator.Controller.Reconciliation;

/// <summary>
/// Turns changes in the cluster into names of Services to look at: those that a policy names, named until now, or that carry Aviator's
/// marks. Everything about a Service (whose it is, steering, releasing) is done under its one name, so nothing can overlap.
/// </summary>
/// <param name="policies">The policies.</param>
/// <param name="cluster">Services, pods and slices.</param>
/// <param name="queue">Takes the names.</param>
internal sealed class Triggers(PolicyStore policies, ClusterView cluster, RateLimitedQueue<ObjectKey> queue)
{
    /// <summary>
    /// How long a change may wait for others of the same burst (a rollout changes many pods at once). Far below the second within which a
    /// pod has to leave.
    /// </summary>
    public static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(20);

    /// <summary>Begins to listen, and takes in all that is there already. To be called once everything has been listed.</summary>
    public void Start()
    {
        policies.Policies.Subscribe(OnPolicy);
        cluster.Subscribe(OnService);
        AddAll();
    }

    /// <summary>Takes in all that is there.</summary>
    public void AddAll()
    {
        foreach (var (_, policy) in policies.Policies.All()) queue.Add(PolicyStore.TargetOf(policy));
        foreach (var (service, _) in cluster.Services.All()) OnService(service);
    }

    /// <summary>Whether Aviator has left anything on a Service: the key in its selector, slices, or a twin.</summary>
    public static bool IsMarked(ClusterView cluster, ObjectKey service) =>
        Marks.OnService(cluster, service) || Marks.OfTwin(cluster, service);

    private void OnPolicy(ObjectChange<AviatorPolicy> change)
    {
        if (change.Old is { } old) queue.Add(PolicyStore.TargetOf(old));
        if (change.New is { } now) queue.Add(PolicyStore.TargetOf(now));
    }

    private void OnService(ObjectKey service)
    {
        if (policies.Naming(service).Count > 0 || IsMarked(cluster, service)) queue.AddAfter(service, Gather);

        // What happens to a twin, or to a Service that stands where one should be, is the affair of the Service that it is for.
        foreach (var source in Marks.SourcesOf(cluster, service)) queue.AddAfter(source, Gather);
        foreach (var policy in policies.WithTwin(service)) queue.AddAfter(PolicyStore.TargetOf(policy), Gather);
    }
}
