using Aviator.Cli.Cluster;
using Aviator.Cli.Events;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Cluster;
using Aviator.Controller.Policies;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using k8s.Models;

namespace Aviator.Cli.Explain;

/// <summary>All that the cluster says of one pod and the Services it is behind.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Services">The Services whose selector it matches, each with the policy that has it, or that would.</param>
internal sealed record PodStanding(V1Pod Pod, IReadOnlyList<PodService> Services)
{
    /// <summary>Reads them.</summary>
    /// <param name="api">The API server.</param>
    /// <param name="key">Namespace and name of the pod.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="CliException">There is no such pod.</exception>
    public static async Task<PodStanding> ReadAsync(ApiConnection api, ObjectKey key, CancellationToken cancellationToken)
    {
        var pod = await FindAsync(api, key, cancellationToken);
        var policies = await PolicyReading.ListAsync(api, key.Namespace, cancellationToken);
        var services = await new ResourceClient<V1Service>(api, ResourceKind.Services, new(key.Namespace))
            .ListAsync(5000, null, cancellationToken);
        var labels = new LabelSet(pod.Metadata.Labels ?? new Dictionary<string, string>());
        var behind = services.Items.Select(ServiceReader.Read)
            .Where(service => service is { TwinOfName: null, PodSelector.Count: > 0 } && service.PodSelector.Matches(labels));
        var found = new List<PodService>();
        foreach (var service in behind.OrderBy(service => service.Name, StringComparer.Ordinal))
        {
            var policy = PolicyClaims.OwnerOf(service.Name, policies)
                ?? PolicyClaims.OldestFirst(policies).FirstOrDefault(other => other.Spec.TargetRef.Name == service.Name);
            found.Add(policy is null
                ? new(service, null, null, [])
                : new(service, policy, await AdmittedAsync(api, service, key.Name, cancellationToken),
                    await EventsAsync(api, policy, key.Name, cancellationToken)));
        }

        return new(pod, found);
    }

    private static async Task<V1Pod> FindAsync(ApiConnection api, ObjectKey key, CancellationToken cancellationToken)
    {
        var scope = new ResourceScope(key.Namespace, FieldSelector: $"metadata.name={key.Name}");
        var page = await new ResourceClient<V1Pod>(api, ResourceKind.Pods, scope).ListAsync(1, null, cancellationToken);
        return (page.Items.Count > 0 ? page.Items[0].Value : null)
            ?? throw new CliException($"Namespace {key.Namespace} has no pod {key.Name}. Name its namespace by -n.");
    }

    /// <summary>Whether Aviator's slices admit the pod: the decision in force, also for pods that a status has no room for.</summary>
    /// <returns>Null where no slice of Aviator's lists it.</returns>
    private static async Task<bool?> AdmittedAsync(ApiConnection api, ServiceShape service, string pod, CancellationToken cancellationToken)
    {
        var scope = new ResourceScope(
            service.Namespace, $"{SliceLabels.ServiceName}={service.Name},{SliceLabels.ManagedBy}={AviatorNames.SliceManager}");
        try
        {
            var dialect = await SliceDialect.DetectAsync(api, cancellationToken);
            var page = await new ResourceClient<SliceWire>(api, dialect.Kind, scope).ListAsync(500, null, cancellationToken);
            return page.Items.Select(SliceMapper.Read).OfType<Slice>().SelectMany(slice => slice.Endpoints)
                .Where(row => row.PodName == pod).Select(row => (bool?)row.Admitted).FirstOrDefault();
        }
        catch (ApiException refusal) when (refusal.IsForbidden || refusal.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>The policy's Events that name the pod, the latest last; none where they may not be read.</summary>
    private static async Task<IReadOnlyList<AviatorEvent>> EventsAsync(
        ApiConnection api, AviatorPolicy policy, string pod, CancellationToken cancellationToken)
    {
        try
        {
            var all = await AviatorEvent.ListAsync(api, policy.Metadata.NamespaceProperty, cancellationToken);
            return [.. all.Where(entry => entry.Object == $"{AviatorNames.Kind}/{policy.Metadata.Name}" && Names(entry.Message, pod))];
        }
        catch (ApiException refusal) when (refusal.IsForbidden)
        {
            return [];
        }
    }

    /// <summary>Whether a message names the pod, and not one whose name only begins alike.</summary>
    private static bool Names(string message, string pod)
    {
        for (var at = message.IndexOf(pod, StringComparison.Ordinal); at >= 0; at = message.IndexOf(pod, at + 1, StringComparison.Ordinal))
        {
            var end = at + pod.Length;
            var begins = at == 0 || message[at - 1] == ' ';
            if (begins && (end == message.Length || message[end] is ' ' or ',' or ';' or '.' or ':')) return true;
        }

        return false;
    }
}

/// <summary>One Service that the pod is behind.</summary>
/// <param name="Service">The Service.</param>
/// <param name="Policy">The policy that names it; null without one.</param>
/// <param name="Admitted">Whether Aviator's slices admit the pod; null where none lists it.</param>
/// <param name="Events">The policy's Events that name the pod, the latest last.</param>
internal sealed record PodService(ServiceShape Service, AviatorPolicy? Policy, bool? Admitted, IReadOnlyList<AviatorEvent> Events);
