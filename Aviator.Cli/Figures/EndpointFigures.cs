using System.Text.Json.Serialization;
using Aviator.Controller.Api.V1Alpha1;

namespace Aviator.Cli.Figures;

/// <summary>What the decision says of one pod, whether it comes from the board or from a status. Latencies in milliseconds.</summary>
internal sealed record EndpointFigures
{
    /// <summary>Name of the pod.</summary>
    public required string Pod { get; init; }

    /// <summary>New, Selected, Trial, Unselected, Dormant or Ejected.</summary>
    public string? State { get; init; }

    /// <summary>Why, as the decision says it.</summary>
    public string? Reason { get; init; }

    /// <summary>Median; null without samples.</summary>
    public double? P50 { get; init; }

    /// <summary>99th percentile; null without samples.</summary>
    public double? P99 { get; init; }

    /// <summary>Requests that the percentiles rest on.</summary>
    public long Samples { get; init; }

    /// <summary>Requests in flight.</summary>
    public double InFlight { get; init; }

    /// <summary>Requests that wait in its inference engine, a mean; null without one, and where that is not known.</summary>
    public double? EngineWaiting { get; init; }

    /// <summary>Share of its engine's key-value cache in use, 0 to 1; null without one, and where that is not known.</summary>
    public double? EngineCacheUse { get; init; }

    /// <summary>Its part of the Service's traffic, 0 to 1; null where that is not known.</summary>
    public double? Share { get; init; }

    /// <summary>The weight that it was given, 0 (out) to 1; null where only the state is known.</summary>
    public double? Weight { get; init; }

    /// <summary>Since when it is in this state; null where that is not known.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>When its breaker lets it be tried again, at the earliest; null where it holds nothing out, or that is not known.</summary>
    public DateTimeOffset? TriedAgain { get; init; }

    /// <summary>Whether the decision uses it, where that was said; else the state tells.</summary>
    [JsonIgnore]
    public bool? Decided { get; init; }

    /// <summary>Whether it gets traffic by the decision.</summary>
    public bool IsInUse => Decided
        ?? (State is "New" or "Selected" or "Trial" || Reason?.Contains("used although ejected", StringComparison.Ordinal) == true);

    /// <summary>A row of a status.</summary>
    public static EndpointFigures Of(PodLatency row) => new()
    {
        Pod = row.Name,
        State = row.State,
        Reason = row.Reason,
        P50 = row.P50,
        P99 = row.P99,
        Samples = row.Samples,
        InFlight = row.Rif,
    };
}
