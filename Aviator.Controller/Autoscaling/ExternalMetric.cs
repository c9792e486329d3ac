using System.Globalization;
using Aviator.Core.Decisions;

namespace Aviator.Controller.Autoscaling;

/// <summary>One metric of the external metrics API.</summary>
/// <param name="Name">Its name, as in an HPA.</param>
/// <param name="Read">Its value for a Service; null when it is not known.</param>
internal sealed record ExternalMetric(string Name, Func<ServiceFigures, double?> Read)
{
    /// <summary>
    /// All of them. Latency is in milliseconds: an autoscaler calculates in thousandths of the unit, and thousandths of a second are
    /// coarse for a Service that answers in two.
    /// </summary>
    public static IReadOnlyList<ExternalMetric> All { get; } =
    [
        new("aviator_p99_milliseconds", Milliseconds),
        new("aviator_requests_in_flight", figures => figures.Load?.InFlight),
        new("aviator_requests_per_second", figures => figures.Load?.ArrivalRate),
        new("aviator_unused_capacity_ratio", figures => figures.Load?.Unused),
        // What an HPA adds pods by has to grow with the load.
        new("aviator_used_capacity_ratio", figures => 1 - figures.Load?.Unused),
    ];

    /// <summary>The metric of a name; null when there is none.</summary>
    public static ExternalMetric? Find(string name) => All.FirstOrDefault(metric => metric.Name == name);

    /// <summary>
    /// The 99th percentile in milliseconds, a minute at most: failures count as slower than any answer, and the end of the histogram would
    /// look like a measurement.
    /// </summary>
    public static double? Milliseconds(ServiceFigures figures) => figures.P99 is { } time
        ? Math.Min(time.TotalMilliseconds, LatencyText.Infinite.TotalMilliseconds)
        : null;

    /// <summary>A value as Kubernetes writes quantities, in thousandths where it is not whole: 2 as "2", 16.69 as "16690m".</summary>
    public static string Quantity(double value)
    {
        var thousandths = (long)Math.Round(Math.Clamp(value, 0, long.MaxValue / 1e6) * 1000);
        return thousandths % 1000 == 0
            ? (thousandths / 1000).ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{thousandths}m");
    }
}
