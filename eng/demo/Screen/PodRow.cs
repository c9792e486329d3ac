namespace Aviator.Demo.Screen;

/// <summary>One pod in the live table.</summary>
/// <param name="Pod">Name.</param>
/// <param name="Delay">How long it takes to answer by its own setting.</param>
/// <param name="P50Ms">Median as the agent measured it lately; null without samples.</param>
/// <param name="P99Ms">99th percentile as the agent measured it lately; null without samples.</param>
/// <param name="Rif">Requests in flight; null before there is an agent.</param>
/// <param name="Samples">Requests that the percentiles rest on.</param>
/// <param name="State">The controller's verdict; null before there is one.</param>
/// <param name="Share">Share (0 to 1) of the client's last requests.</param>
internal sealed record PodRow(string Pod, TimeSpan Delay, double? P50Ms, double? P99Ms, long? Rif, long? Samples, string? State,
    double Share);
