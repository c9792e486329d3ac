using Aviator.Cli.Cluster;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Collection;
using Aviator.Controller.Policies;
using Aviator.Controller.Readers;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aviator.Cli.Check;

/// <summary>One Service: its kind, its port, its pods, and what else reads it, by the controller's own judgement.</summary>
internal static class ServiceCheck
{
    private static readonly string[] Routings = ["Service", "Shadow", "Kernel", "KernelAndService"];

    private const string Kinds = "reference/policy.md#which-services";
    private const string Readers = "operations/runbook.md#another-reader";

    /// <summary>Looks.</summary>
    /// <exception cref="CliException">There is no such Service.</exception>
    public static async IAsyncEnumerable<Finding> FindAsync(
        Session session, ObjectKey key, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var cluster = await FollowedCluster.BeginAsync(session.Api, key.Namespace, session.Host.Time, cancellationToken);
        if (cluster.View.Services.Find(key) is not { } service)
            throw new CliException($"Namespace {key.Namespace} has no Service {key.Name}. Name another namespace by -n.");
        var policy = await PolicyOfAsync(session.Api, key, cancellationToken);
        yield return Port(service, policy);
        var pods = cluster.View.PodsOf(service);
        var ready = pods.Count(pod => pod.Shape.Ready);
        yield return ready switch
        {
            0 => Finding.Warn("pods", $"None of {pods.Count} pods is ready.", $"kubectl get pods -n {key.Namespace}", Kinds),
            1 => Finding.Warn("pods", "One pod is ready: there is nothing to choose from.",
                "Run more pods than one.", "deciding.md#guards-and-memory"),
            _ => Finding.Ok("pods", $"{ready} of {pods.Count} pods are ready."),
        };

        using var catalog = new ReaderCatalog(session.Api, null, session.Host.Time, NullLogger<ReaderCatalog>.Instance);
        var preflight = new Preflight(cluster.View, catalog);
        var allow = policy?.Metadata.Annotations?.TryGetValue(AviatorNames.AllowReadersAnnotation, out var value) == true ? value : null;
        var wanted = policy?.Spec.Routing ?? "Service";
        foreach (var routing in Routings.OrderBy(name => name == wanted ? 0 : 1))
        {
            var found = routing switch
            {
                "Shadow" => preflight.CheckForTwin(service),
                "Kernel" => await preflight.CheckForKernelAsync(service, allow, cancellationToken),
                "KernelAndService" => await preflight.CheckForBothAsync(service, allow, cancellationToken),
                _ => await preflight.CheckAsync(service, allow, cancellationToken),
            };
            yield return Judge(routing, found, isWanted: routing == wanted);
        }

        // In the kernel, by requests in flight, no simulated Service became worse by an autoscaler (docs/autoscaling.md has the figures).
        if (wanted == "Kernel") yield break;
        var shapes = pods.Select(pod => pod.Shape).ToList();
        await foreach (var finding in AutoscalerCheck.FindAsync(session.Api, key.Namespace, shapes, cancellationToken))
            yield return finding;
    }

    private static Finding Judge(string routing, PreflightResult found, bool isWanted)
    {
        var subject = $"routing {routing}";
        if (found.Obstacle is { } obstacle)
        {
            var (sentence, link) = (
                $"{obstacle.Reason}: {obstacle.Message}", obstacle.Reason == ConditionReason.ReaderFound ? Readers : Kinds);
            return isWanted
                ? Finding.Fail(subject, sentence, "What the message says, or another routing below that is OK.", link)
                : Finding.Warn(subject, sentence, null, link);
        }

        return found.Warning is { } warning
            ? Finding.Warn(subject, $"Accepted, with a warning: {warning}.", null, Readers)
            : Finding.Ok(subject, "The Service can be steered so; nothing that reads it would break.");
    }

    private static Finding Port(ServiceShape service, AviatorPolicy? policy)
    {
        var named = policy?.Spec.TargetRef.Port?.Value;
        if (MeasuredEndpoints.DecidingPort(service, named) is { } port)
        {
            return Finding.Ok("port", $"The latency of port {port.Port}{(port.Name.Length > 0 ? $" ({port.Name})" : "")} decides"
                + $"{(service.Ports.Count > 1 ? $", of {service.Ports.Count} ports" : "")}.");
        }

        return named is null
            ? Finding.Fail("port", "The Service has no TCP port, and only TCP is measured.", "Steer another Service.", Kinds)
            : Finding.Fail("port", $"spec.targetRef.port: the Service has no TCP port {named}.",
                $"Use one of {string.Join(", ", service.Ports.Where(MeasuredEndpoints.IsTcp).Select(tcp => tcp.Port))}.", Kinds);
    }

    private static async Task<AviatorPolicy?> PolicyOfAsync(ApiConnection api, ObjectKey service, CancellationToken cancellationToken) =>
        PolicyClaims.OwnerOf(service.Name, await PolicyListing.AllAsync(api, service.Namespace, cancellationToken));
}
