using Aviator.ServiceDefaults;

namespace Aviator.Controller.Steering;

/// <summary>The waits of taking a Service over and handing it back.</summary>
internal sealed record SteeringOptions
{
    /// <summary>
    /// How long own slices stay after the default ones were seen full again: longer than kube-proxy's sync period, which is 30 s by
    /// default.
    /// </summary>
    public TimeSpan HoldAfterRelease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Pause before a contested Service is steered again; doubles each time.</summary>
    public TimeSpan FirstContestPause { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Longest such pause.</summary>
    public TimeSpan MaxContestPause { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Pauses before a take-over that the server refused is tried again: short at first, for a server that has just started, and soon
    /// longer than <see cref="HoldAfterRelease"/>, after which nothing of the attempt is left.
    /// </summary>
    public Backoff DenialPauses { get; init; } = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5), Factor: 3);

    /// <summary>
    /// How soon to look again while waiting for another controller; its writes wake the steering anyway, this is for a lost wake-up.
    /// </summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A wait for another controller beyond this is reported as a trouble of that controller.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
}
