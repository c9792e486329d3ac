using Aviator.Controller.Api.V1Alpha1;
using Aviator.Core.Boards;

namespace Aviator.Cli.Figures;

/// <summary>One thing that decisions did.</summary>
/// <param name="Time">When, by this machine's clock.</param>
/// <param name="Pod">The pod that it is about; null when it is about the policy.</param>
/// <param name="Text">What, in words.</param>
internal sealed record PastDecision(DateTimeOffset Time, string? Pod, string Text);

/// <summary>The endpoints of one policy, as the decision sees them.</summary>
/// <param name="Policy">The policy's name.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Service">The Service.</param>
/// <param name="Endpoints">The endpoints; all of them from the board, ten at most from a status.</param>
/// <param name="Total">How many ready endpoints there are.</param>
/// <param name="P99Ms">99th percentile of the endpoints in use, in milliseconds; null without samples.</param>
internal sealed record PolicyFigures(
    string Policy, string Namespace, string Service, IReadOnlyList<EndpointFigures> Endpoints, int Total, double? P99Ms)
{
    /// <summary>What decisions did, the latest last; empty from a status, which has no history.</summary>
    public IReadOnlyList<PastDecision> Decisions { get; init; } = [];

    /// <summary>Whether the board was asked for the pods' inference engines; false from a status, which has nothing of them.</summary>
    public bool HasEngines { get; init; }

    /// <summary>As a status has them.</summary>
    public static PolicyFigures Of(AviatorPolicy policy) => new(
        policy.Metadata.Name, policy.Metadata.NamespaceProperty, policy.Spec.TargetRef.Name,
        [.. (policy.Status?.PodLatencies ?? []).Select(EndpointFigures.Of)], policy.Status?.TotalPods ?? 0, policy.Status?.P99LatencyMs);

    /// <summary>As the board has them.</summary>
    /// <param name="row">The policy on the board.</param>
    /// <param name="atMs">When the board was made, by the controller's clock: only the distance to it means anything here.</param>
    /// <param name="now">The time here.</param>
    public static PolicyFigures Of(PolicyBoard row, long atMs, DateTimeOffset now)
    {
        return new(row.Name, row.Namespace, row.Service, [.. row.Endpoints.Select(Endpoint)], row.Total, row.P99Ms)
        {
            HasEngines = row.Engine is not null,
            Decisions = [.. row.Decisions.Reverse().Select(entry => new PastDecision(
                Here(entry.AtMs), entry.Pod, $"{entry.Kind}: {entry.Message}"))],
        };

        EndpointFigures Endpoint(EndpointBoard endpoint) => new()
        {
            Pod = endpoint.Pod,
            State = endpoint.State,
            Reason = endpoint.Reason,
            P50 = endpoint.P50Ms,
            P99 = endpoint.P99Ms,
            Samples = endpoint.Samples,
            InFlight = endpoint.InFlight,
            EngineWaiting = endpoint.EngineWaiting,
            EngineCacheUse = endpoint.EngineCacheUse,
            Share = endpoint.TrafficShare,
            Weight = endpoint.Weight,
            Decided = endpoint.InUse,
            Since = endpoint.SinceMs is { } since ? Here(since) : null,
            TriedAgain = endpoint.EjectedUntilMs is { } until ? Here(until) : null,
        };

        DateTimeOffset Here(long ms) => now - TimeSpan.FromMilliseconds(atMs - ms);
    }

    /// <summary>What matters first: what gets no traffic, then the slowest.</summary>
    public IEnumerable<EndpointFigures> ByWeightOfTheMatter() => Endpoints
        .OrderBy(endpoint => endpoint.State == "Ejected" ? 0 : endpoint.IsInUse ? 2 : 1)
        .ThenByDescending(endpoint => endpoint.P99 ?? -1)
        .ThenBy(endpoint => endpoint.Pod, StringComparer.Ordinal);
}
