using Aviator.Controller.Collection;
using Aviator.Core.Comparisons;
using Aviator.Core.Decisions;

namespace Aviator.Controller.Analysis;

/// <summary>The ready pods of one version, and what they did within the window.</summary>
internal sealed record MeasuredVersion
{
    /// <summary>The labels that it was asked for by.</summary>
    public required string Selector { get; init; }

    /// <summary>Its pods.</summary>
    public required IReadOnlyList<MeasuredEndpoint> Members { get; init; }

    /// <summary>Of them, those that get new connections.</summary>
    public required int InUse { get; init; }

    /// <summary>What the policy decided on one of them that gets none; null when all do.</summary>
    public required EndpointDecision? Out { get; init; }

    /// <summary>One whose node counts no requests, or has not reported of late; null when all are counted.</summary>
    public required MeasuredEndpoint? Unseen { get; init; }

    /// <summary>What they answered.</summary>
    public required VersionSample Sample { get; init; }

    /// <summary>Exchanges that could not be measured.</summary>
    public required long Unmeasured { get; init; }

    /// <summary>The time that they were counted over, at the pod that was counted the longest.</summary>
    public required TimeSpan Counted { get; init; }

    private long Requests => Sample.Spans.Sum(span => span.Requests);

    /// <summary>Whether the policy uses none of its pods because of what was measured of them, and not because it was told to.</summary>
    public bool IsOutForWorse => Members.Count > 0 && InUse == 0 && !Members[0].Canary && Out is not null;

    /// <summary>Why nothing can be compared, in a sentence; null when something can.</summary>
    /// <param name="role">baseline or candidate.</param>
    public string? Obstacle(string role)
    {
        if (Members.Count == 0) return $"No ready pod is of the {role} ({Selector}).";
        if (Unseen is { } pod)
        {
            return $"Pod {pod.Name} of the {role} is on node {pod.Node ?? "unknown"}, which counts no requests, or has not reported of "
                + "late.";
        }

        return Unmeasured > Requests ? $"Most traffic of the {role} cannot be measured, as HTTP/2 inside TLS." : null;
    }

    /// <summary>As it is told.</summary>
    public VersionReport Report() => new(Selector, Members.Count, InUse, Requests, Math.Round(Counted.TotalSeconds, 1));
}
