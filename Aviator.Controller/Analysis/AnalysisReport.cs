using System.Text.Json.Serialization;

namespace Aviator.Controller.Analysis;

/// <summary>What is answered to the question whether a candidate is worse. Shares are from 0 to 1; what is not known is left out.</summary>
internal sealed record AnalysisReport
{
    /// <summary>pass, worse or inconclusive.</summary>
    public required string Verdict { get; init; }

    /// <summary>Why, in a sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>The Service's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>The Service's name.</summary>
    public required string Service { get; init; }

    /// <summary>The policy that has it measured.</summary>
    public required string Policy { get; init; }

    /// <summary>How far back the question goes, in seconds; <see cref="VersionReport.Seconds"/> say what there was.</summary>
    public required double WindowSeconds { get; init; }

    /// <summary>Probability with which the bounds of a comparison hold, in percent.</summary>
    public required double Confidence { get; init; }

    /// <summary>The version in use.</summary>
    public required VersionReport Baseline { get; init; }

    /// <summary>The new version.</summary>
    public required VersionReport Candidate { get; init; }

    /// <summary>By latency; null where there was nothing to compare.</summary>
    public LatencyReport? Latency { get; init; }

    /// <summary>By failures: status 500 to 599, 429, and requests without an answer.</summary>
    public ShareReport? Failures { get; init; }

    /// <summary>By answers with a status of 400 to 499 but for 429.</summary>
    public ShareReport? ClientErrors { get; init; }
}

/// <summary>What there is of one version.</summary>
/// <param name="Selector">The labels that it was asked for by.</param>
/// <param name="Pods">Ready pods.</param>
/// <param name="InUse">Of them, those that get new connections.</param>
/// <param name="Requests">Requests that ended within the window.</param>
/// <param name="Seconds">Time that they were counted over, at the pod that was counted the longest.</param>
internal sealed record VersionReport(string Selector, int Pods, int InUse, long Requests, double Seconds);

/// <summary>A quantile of both versions' latency, in milliseconds, and the bounds that it is certain to lie between.</summary>
internal sealed record LatencyReport
{
    /// <summary>pass, worse or inconclusive.</summary>
    public required string Verdict { get; init; }

    /// <summary>Which quantile, in percent.</summary>
    public required double Percentile { get; init; }

    /// <summary>The baseline's.</summary>
    public double? BaselineMs { get; init; }

    /// <summary>It is no less than this.</summary>
    public required double BaselineLowMs { get; init; }

    /// <summary>It is no more than this; null when nothing bounds it.</summary>
    public double? BaselineHighMs { get; init; }

    /// <summary>The candidate's.</summary>
    public double? CandidateMs { get; init; }

    /// <summary>It is no less than this.</summary>
    public required double CandidateLowMs { get; init; }

    /// <summary>It is no more than this; null when nothing bounds it.</summary>
    public double? CandidateHighMs { get; init; }
}

/// <summary>A share of both versions' answers, and the bounds that it is certain to lie between.</summary>
internal sealed record ShareReport
{
    /// <summary>pass, worse or inconclusive.</summary>
    public required string Verdict { get; init; }

    /// <summary>The baseline's; null without requests.</summary>
    public double? Baseline { get; init; }

    /// <summary>It is no less than this.</summary>
    public required double BaselineLow { get; init; }

    /// <summary>It is no more than this.</summary>
    public required double BaselineHigh { get; init; }

    /// <summary>The candidate's; null without requests.</summary>
    public double? Candidate { get; init; }

    /// <summary>It is no less than this.</summary>
    public required double CandidateLow { get; init; }

    /// <summary>It is no more than this.</summary>
    public required double CandidateHigh { get; init; }
}

/// <summary>What a webhook sends; names that are not known are let pass, as it has its own.</summary>
/// <param name="Metadata">The question.</param>
internal sealed record WebhookWire(IReadOnlyDictionary<string, string>? Metadata);

/// <summary>Source-generated JSON: camel case, nulls left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AnalysisReport))]
[JsonSerializable(typeof(WebhookWire))]
internal sealed partial class AnalysisJson : JsonSerializerContext;
