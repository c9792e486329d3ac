using Aviator.Controller.Api.V1Alpha1;
using Aviator.Core.Slices;
using Aviator.Kubernetes;

namespace Aviator.Controller.Policies;

/// <summary>The policies as last seen, and the reflector that follows them.</summary>
internal sealed class PolicyStore
{
    private readonly Reflector<AviatorPolicy, AviatorPolicy> _reflector;
    private readonly SnapshotIndex<AviatorPolicy> _byTarget = new(policy => policy.Spec.TargetRef.Name);
    private readonly SnapshotIndex<AviatorPolicy> _byTwin = new(policy => TwinNames.ForService(policy.Spec.TargetRef.Name));

    /// <param name="connection">The API server.</param>
    /// <param name="ns">One namespace, or null for all.</param>
    /// <param name="options">Limits and pauses of the reflector.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes the reflector's lines.</param>
    public PolicyStore(ApiConnection connection, string? ns, ReflectorOptions options, TimeProvider time, ILogger<PolicyStore> logger) =>
        _reflector = new(
            new(connection, AviatorNames.Policies, new ResourceScope(ns)), Policies, item => item.Value, options, time, logger);

    /// <summary>The policies.</summary>
    public ObjectStore<AviatorPolicy> Policies { get; } = new(new PolicyComparer());

    /// <summary>Runs the reflector until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _reflector.RunAsync(cancellationToken);

    /// <summary>The policies that name a Service, those that are being deleted included.</summary>
    public IReadOnlyList<AviatorPolicy> Naming(ObjectKey service) =>
        [.. _byTarget.Having(Policies.InNamespace(service.Namespace), service.Name)];

    /// <summary>The policies whose Service has its twin under that name, or would have it.</summary>
    public IEnumerable<AviatorPolicy> WithTwin(ObjectKey twin) => _byTwin.Having(Policies.InNamespace(twin.Namespace), twin.Name);

    /// <summary>The Service that a policy names.</summary>
    public static ObjectKey TargetOf(AviatorPolicy policy) => new(policy.Metadata.NamespaceProperty, policy.Spec.TargetRef.Name);
}

/// <summary>
/// A policy changed when something that is acted on did. The controller's own status writes come back as events of the watch: they are kept
/// (the next write needs the resourceVersion) but cause no work.
/// </summary>
internal sealed class PolicyComparer : IEqualityComparer<AviatorPolicy>
{
    /// <inheritdoc/>
    public bool Equals(AviatorPolicy? left, AviatorPolicy? right) =>
        ReferenceEquals(left, right) || (left is not null && right is not null &&
        left.Metadata.Uid == right.Metadata.Uid &&
        left.Metadata.Generation == right.Metadata.Generation &&
        left.Metadata.DeletionTimestamp == right.Metadata.DeletionTimestamp &&
        Same(left.Metadata.Finalizers, right.Metadata.Finalizers) &&
        Same(left.Metadata.Annotations, right.Metadata.Annotations));

    /// <inheritdoc/>
    public int GetHashCode(AviatorPolicy policy) => HashCode.Combine(policy.Metadata.Uid, policy.Metadata.Generation);

    private static bool Same(IList<string>? left, IList<string>? right) => (left ?? []).SequenceEqual(right ?? [], StringComparer.Ordinal);

    private static bool Same(IDictionary<string, string>? left, IDictionary<string, string>? right) =>
        (left?.Count ?? 0) == (right?.Count ?? 0) &&
        (left ?? new Dictionary<string, string>()).All(pair => right!.TryGetValue(pair.Key, out var value) && value == pair.Value);
}
