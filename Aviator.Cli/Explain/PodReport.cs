using Aviator.Cli.Figures;

namespace Aviator.Cli.Explain;

/// <summary>Why one pod gets traffic of one Service, or none.</summary>
internal sealed record PodReport
{
    /// <summary>The pod.</summary>
    public required string Pod { get; init; }

    /// <summary>The Service; null where the pod is behind none.</summary>
    public string? Service { get; init; }

    /// <summary>The policy; null where none names the Service.</summary>
    public string? Policy { get; init; }

    /// <summary>Whether it gets traffic; null where that is not known.</summary>
    public bool? GetsTraffic { get; init; }

    /// <summary>The answer in one sentence.</summary>
    public required string Answer { get; init; }

    /// <summary>The decision's figures; null without any.</summary>
    public EndpointFigures? Figures { get; init; }

    /// <summary>How loaded its inference engine is, in a sentence; null where the policy names none, and without the board.</summary>
    public string? Engine { get; init; }

    /// <summary>99th percentile of the pods in use, in milliseconds; null without samples.</summary>
    public double? PeersP99 { get; init; }

    /// <summary>Since when it is so; null where that is not known.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>What would change it, one sentence each.</summary>
    public IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>What happened to it, the latest last.</summary>
    public IReadOnlyList<string> History { get; init; } = [];

    /// <summary>Where the figures are from.</summary>
    public string? Source { get; init; }
}
