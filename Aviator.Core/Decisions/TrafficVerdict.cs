namespace Aviator.Core.Decisions;

/// <summary>Judges for the condition InsufficientTraffic whether enough is measured to rank by, and names what is not.</summary>
internal static class TrafficVerdict
{
    /// <summary>
    /// Once there are too few samples, so many times as many as needed end that: what comes by chance is now above, now below what is
    /// needed, and whoever watches the condition must not be told each time.
    /// </summary>
    private const double Again = 2;

    /// <summary>The verdict on all domains.</summary>
    /// <param name="domains">The domains, with their stages run.</param>
    /// <param name="outOfSight">Answers whose status is encrypted.</param>
    /// <param name="measured">All answers.</param>
    public static ConditionVerdict Of(IReadOnlyList<EvaluationContext> domains, long outOfSight, long measured) =>
        WithSight(WithObstacles(Judge(domains), domains), outOfSight, measured);

    private static ConditionVerdict Judge(IReadOnlyList<EvaluationContext> domains)
    {
        var reporting = domains.Where(domain => domain.Reports == ReportValidity.Sufficient).ToList();
        if (reporting.Count == 0) return new(false, DecisionReason.NotKnown, "Most endpoints' nodes do not report.");
        var serving = reporting.SelectMany(domain => domain.Endpoints).Where(endpoint => endpoint.Record.Admitted).ToList();
        if (JudgeKinds(serving) is { } unmeasurable) return unmeasurable;

        var settings = reporting[0].Settings.Measurement;
        var (unknown, samples) = (serving.Count(endpoint => endpoint.Evidence is null),
            $"{settings.MinSamples} samples in {GoDuration.Format(settings.MaxWindow)}");
        if (unknown * 2 > serving.Count)
        {
            return new(true, DecisionReason.TooFewSamples,
                $"{unknown} of {serving.Count} endpoints in service have fewer than {samples}: they stay as they are.");
        }

        var sparse = unknown + serving.Count(endpoint => IsSparse(endpoint, settings));
        return domains.Any(domain => domain.State.TooFewSamples) && sparse * 2 > serving.Count
            ? new(true, DecisionReason.TooFewSamples,
                $"{sparse} of {serving.Count} endpoints in service have hardly more than {samples}, and now and then fewer: "
                    + "then they stay as they are.")
            : new(false, DecisionReason.EnoughSamples, $"{serving.Count - unknown} of {serving.Count} endpoints in service have "
                + "samples enough to be ranked.");
    }

    /// <summary>Whether it has samples enough by chance alone.</summary>
    private static bool IsSparse(EndpointEvaluation endpoint, MeasurementSettings settings) => endpoint.Evidence is { HungFor: null }
        && endpoint.Observed.Window.Rate * settings.MaxWindow.TotalSeconds < settings.MinSamples * Again;

    /// <summary>The verdict where most endpoints, or most of their traffic, are of a kind that cannot be measured; else null.</summary>
    private static ConditionVerdict? JudgeKinds(List<EndpointEvaluation> serving)
    {
        var (foreign, hidden) = (serving.Count(endpoint => endpoint.Unmeasurable), serving.Count(endpoint => endpoint.Hidden));
        if ((foreign + hidden) * 2 <= serving.Count) return null;
        if (hidden == 0)
        {
            return new(true, DecisionReason.Unmeasurable, $"Most traffic of {foreign} of {serving.Count} endpoints in service "
                + "cannot be measured (HTTP/2 inside TLS, or an unknown protocol): they stay as they are.");
        }

        var causes = ObstacleText.Count(serving).ToList();
        if (foreign > 0) causes.Add($"most traffic of {foreign} is HTTP/2 inside TLS or of an unknown protocol");
        return new(true, DecisionReason.Unmeasurable, $"{foreign + hidden} of {serving.Count} endpoints in service cannot be "
            + $"measured: {string.Join(", ", causes)}. They stay as they are.");
    }

    /// <summary>A few endpoints that are not measured change no verdict, but their user must know of them.</summary>
    private static ConditionVerdict WithObstacles(ConditionVerdict verdict, IReadOnlyList<EvaluationContext> domains)
    {
        var causes = string.Join(", ", ObstacleText.Count([.. domains.SelectMany(domain => domain.Endpoints)]));
        return causes.Length == 0 || verdict.Reason == DecisionReason.Unmeasurable
            ? verdict
            : verdict with { Message = $"{verdict.Message} Not measured: {causes}." };
    }

    /// <summary>Whoever reads that there is enough to judge by must know what nobody sees.</summary>
    private static ConditionVerdict WithSight(ConditionVerdict traffic, long outOfSight, long measured) => outOfSight * 2 <= measured
        ? traffic
        : traffic with
        {
            Message = $"{traffic.Message} Most answers are encrypted (TLS): their status, and so any failure, is out of sight.",
        };
}
