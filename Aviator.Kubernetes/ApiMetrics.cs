using System.Diagnostics.Metrics;

namespace Aviator.Kubernetes;

/// <summary>Counts what the API server is asked for, by whichever connection of the process: its rate shows a busy loop.</summary>
internal static class ApiMetrics
{
    private static readonly Meter Meter = new("Aviator.Kubernetes");

    private static readonly Counter<long> Requests = Meter.CreateCounter<long>(
        "aviator.kubernetes.requests",
        "{request}",
        "Requests to the API server, by method and outcome; a watch counts once, when it begins.");

    /// <summary>Counts a request.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="outcome">ok, refused (the server answered an error), or failed (no answer).</param>
    public static void Asked(HttpMethod method, string outcome) =>
        Requests.Add(1, new KeyValuePair<string, object?>("method", method.Method), new KeyValuePair<string, object?>("outcome", outcome));
}
