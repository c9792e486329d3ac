using System.Collections.Immutable;
using Aviator.Controller.Steering;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using k8s.Models;

namespace Aviator.Controller.Cluster;

/// <summary>The cluster as last seen: Services, pods, slices and the zones of nodes, each followed by its own reflector.</summary>
internal sealed class ClusterView
{
    private readonly List<Func<CancellationToken, Task>> _reflectors = [];
    private readonly PodsByLabel _podsByLabel = new();
    private readonly SnapshotIndex<Slice> _slicesByService = new(slice => slice.ServiceName);
    private readonly SnapshotIndex<Slice> _slicesByOwner = new(slice => slice.OwnerName);
    private ImmutableArray<Action<ObjectKey>> _listeners = [];
    private ImmutableSortedSet<ObjectKey> _ambient = [];

    /// <param name="connection">The API server.</param>
    /// <param name="dialect">Its version of EndpointSlice.</param>
    /// <param name="ns">One namespace, or null for all.</param>
    /// <param name="options">Limits and pauses of the reflectors.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes the reflectors' lines.</param>
    public ClusterView(
        ApiConnection connection, SliceDialect dialect, string? ns, ReflectorOptions options, TimeProvider time,
        ILogger<ClusterView> logger)
    {
        Dialect = dialect;
        var scope = new ResourceScope(ns);
        Follow<V1Service, ServiceShape>(ResourceKind.Services, scope, Services, ServiceReader.Read);
        Follow<V1Pod, PodFacts>(ResourceKind.Pods, scope, Pods, PodReader.Read);
        Follow<SliceWire, Slice>(dialect.Kind, scope, Slices, SliceMapper.Read);
        Follow<V1Node, NodeFacts>(ResourceKind.Nodes, ResourceScope.All, Nodes, NodeFacts.Read);

        Services.Subscribe(change => Notify(change.Key));
        Slices.Subscribe(change => Notify(new ObjectKey(change.Key.Namespace, (change.New ?? change.Old)!.ServiceName)));
        Pods.Subscribe(OnPod);
        Nodes.Subscribe(_ =>
        {
            foreach (var (key, _) in Services.All()) Notify(key);
        });

        void Follow<TObject, TItem>(
            ResourceKind kind, ResourceScope where, ObjectStore<TItem> store, Func<ResourceItem<TObject>, TItem?> read)
            where TObject : class
            where TItem : class =>
            _reflectors.Add(new Reflector<TObject, TItem>(new(connection, kind, where), store, read, options, time, logger).RunAsync);
    }

    public SliceDialect Dialect { get; }

    public ObjectStore<ServiceShape> Services { get; } = new();

    public ObjectStore<PodFacts> Pods { get; } = new();

    public ObjectStore<Slice> Slices { get; } = new();

    public ObjectStore<NodeFacts> Nodes { get; } = new();

    /// <summary>
    /// The first namespace by name that has a pod in Istio's ambient mesh; null while no pod that is seen is in it.
    /// </summary>
    public string? AmbientNamespace => _ambient is { Count: > 0 } pods ? pods[0].Namespace : null;

    /// <summary>
    /// Calls <paramref name="onService"/> with the name of each Service whose membership, slices or own definition changed, the moment it
    /// is seen. It must be quick and must not throw: put the name into a queue.
    /// </summary>
    public void Subscribe(Action<ObjectKey> onService) => ImmutableInterlocked.Update(ref _listeners, list => list.Add(onService));

    /// <summary>Waits until every kind has been listed once: before that nothing may be concluded from what is missing.</summary>
    public Task WhenSyncedAsync(CancellationToken cancellationToken) => Task.WhenAll(
        Services.WhenSyncedAsync(cancellationToken),
        Pods.WhenSyncedAsync(cancellationToken),
        Slices.WhenSyncedAsync(cancellationToken),
        Nodes.WhenSyncedAsync(cancellationToken));

    /// <summary>Runs the reflectors until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(_reflectors.Select(run => run(cancellationToken)));

    /// <summary>The pods of a Service by the user's own selector, finished ones left out.</summary>
    public IReadOnlyList<PodFacts> PodsOf(ServiceShape service) =>
        [.. Matching(service).Where(pod => !pod.Shape.Finished)];

    /// <summary>
    /// The endpoints of a Service as Kubernetes has them: without pods of nodes that are gone, which stay ready until they are removed.
    /// </summary>
    public IReadOnlyList<EndpointSubset> MembershipOf(ServiceShape service)
    {
        var pods = Matching(service).Select(pod => pod.Shape)
            .Where(pod => pod.NodeName is not { } node || !Nodes.IsSynced || Nodes.Find(new ObjectKey("", node)) is not null);
        var subsets = Membership.Resolve(service, pods, node => Nodes.Find(new ObjectKey("", node))?.Zone);
        if (service.Topology != TopologyMode.Auto) return subsets;
        return AutoHints.Copy(subsets, SlicesOf(new(service.Namespace, service.SliceOwner.Name)));
    }

    /// <summary>The slices of a Service, whoever manages them; the name may be a twin's.</summary>
    public IEnumerable<Slice> SlicesOf(ObjectKey service) => _slicesByService.Having(Slices.InNamespace(service.Namespace), service.Name);

    /// <summary>The slices that belong to a Service, those of its twin included.</summary>
    public IEnumerable<Slice> SlicesOwnedBy(ObjectKey service) =>
        _slicesByOwner.Having(Slices.InNamespace(service.Namespace), service.Name);

    /// <summary>Names of the nodes for users' pods: ready, and not of the control plane. Empty while nodes are not known.</summary>
    public IEnumerable<string> NodesOfClients() => Nodes.All().Where(node => node.Value.MayServe).Select(node => node.Key.Name);

    /// <summary>All that steering looks at, for one Service.</summary>
    public SteeringView Look(ObjectKey key) => ViewOf(Services.Find(key), key.Namespace, key.Name);

    /// <summary>All that steering looks at, for the twin of a Service; also where there is no twin yet.</summary>
    /// <param name="service">The Service, not the twin.</param>
    public SteeringView LookAtTwin(ObjectKey service) =>
        ViewOf(Services.Find(service)?.AsTwin(TwinOf(service)), service.Namespace, TwinNames.ForService(service.Name));

    /// <summary>
    /// The twin of a Service as it is; null while there is none, or while a Service that Aviator did not make has its name.
    /// </summary>
    public ServiceShape? TwinOf(ObjectKey service) =>
        Services.Find(new(service.Namespace, TwinNames.ForService(service.Name))) is { } found && found.TwinOfName == service.Name
            ? found
            : null;

    private IEnumerable<PodFacts> Matching(ServiceShape service) =>
        _podsByLabel.Matching(Pods.InNamespace(service.Namespace), service.PodSelector);

    private SteeringView ViewOf(ServiceShape? service, string ns, string name)
    {
        var subsets = service is null ? [] : MembershipOf(service);
        return new SteeringView(
            service is null ? null : AutoHints.Settle(service, subsets),
            subsets,
            [.. SlicesOf(new(ns, name))],
            Slices.InNamespace(ns).Keys);
    }

    private void OnPod(ObjectChange<PodFacts> change)
    {
        var isAmbient = change.New is { Ambient: true };
        if (isAmbient != change.Old is { Ambient: true })
            ImmutableInterlocked.Update(ref _ambient, pods => isAmbient ? pods.Add(change.Key) : pods.Remove(change.Key));
        foreach (var service in Services.InNamespace(change.Key.Namespace).Values)
            if (IsOf(service, change.Old) || IsOf(service, change.New))
                Notify(new ObjectKey(service.Namespace, service.Name));
    }

    private static bool IsOf(ServiceShape service, PodFacts? pod) => pod is not null && service.PodSelector.Matches(pod.Shape.Labels);

    private void Notify(ObjectKey service)
    {
        foreach (var listener in _listeners) listener(service);
    }
}
