using System.Globalization;
using System.Text.Json;
using Aviator.Controller.Cluster;

namespace Aviator.Controller.Autoscaling;

/// <summary>What is answered, as JSON. Pure.</summary>
internal static class AutoscalingAnswers
{
    private const string Verb = "get";

    private static readonly VersionWire Version = new(AutoscalingRoute.GroupVersion, "v1beta1");

    /// <summary>Discovery: the group.</summary>
    public static byte[] Group { get; } = JsonSerializer.SerializeToUtf8Bytes(
        new("APIGroup", "v1", AutoscalingRoute.Group, [Version], Version), AutoscalingJson.Default.GroupWire);

    /// <summary>Discovery: the metrics.</summary>
    public static byte[] Resources { get; } = JsonSerializer.SerializeToUtf8Bytes(
        new("APIResourceList", "v1", AutoscalingRoute.GroupVersion,
            [.. ExternalMetric.All.Select(metric => new ResourceWire(metric.Name, "", true, "ExternalMetricValueList", [Verb]))]),
        AutoscalingJson.Default.ResourceListWire);

    /// <summary>A metric of the Services whose labels are selected; of none, where nothing is known, an empty list.</summary>
    public static byte[] Metric(ExternalMetric metric, IEnumerable<ServiceFigures> figures, LabelSelector selector)
    {
        var values =
            from service in figures
            let labels = new Dictionary<string, string> { ["service"] = service.Service.Name, ["policy"] = service.Policy }
            where selector.Matches(labels)
            let value = metric.Read(service)
            where value is not null
            select new MetricWire(metric.Name, labels, Seconds(service.At), ExternalMetric.Quantity(value.Value));
        return JsonSerializer.SerializeToUtf8Bytes(
            new("ExternalMetricValueList", AutoscalingRoute.GroupVersion, new(), [.. values]), AutoscalingJson.Default.MetricListWire);
    }

    /// <summary>All figures of a Service.</summary>
    /// <param name="route">The Service.</param>
    /// <param name="figures">Its figures; null when there are none.</param>
    public static byte[] Service(ServiceRoute route, ServiceFigures? figures)
    {
        var load = figures?.Load;
        var wire = new FiguresWire
        {
            Namespace = route.Service.Namespace,
            Service = route.Service.Name,
            Policy = figures?.Policy,
            P99Milliseconds = figures is null ? null : Rounded(ExternalMetric.Milliseconds(figures), 2),
            RequestsInFlight = load?.InFlight,
            RequestsPerSecond = Rounded(load?.ArrivalRate, 3),
            UnusedCapacity = Rounded(load?.Unused, 3),
            UsedCapacity = Rounded(1 - load?.Unused, 3),
            AgeSeconds = Rounded(figures?.Age.TotalSeconds, 3),
            Reason = figures is null ? "No policy has this Service, or it was not evaluated of late."
                : load is null ? "A part of the load is not counted, so no sum is given (docs/autoscaling.md)."
                : null,
        };
        return JsonSerializer.SerializeToUtf8Bytes(wire, AutoscalingJson.Default.FiguresWire);
    }

    /// <summary>A refusal.</summary>
    /// <param name="code">The HTTP status.</param>
    /// <param name="message">Why, as a sentence.</param>
    public static byte[] Refusal(int code, string message) => JsonSerializer.SerializeToUtf8Bytes(
        new("Status", "v1", new(), "Failure", message, ReasonOf(code), code), AutoscalingJson.Default.StatusWire);

    private static double? Rounded(double? value, int digits) => value is { } known ? Math.Round(known, digits) : null;

    private static string Seconds(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string ReasonOf(int code) => code switch
    {
        StatusCodes.Status400BadRequest => "BadRequest",
        StatusCodes.Status401Unauthorized => "Unauthorized",
        StatusCodes.Status403Forbidden => "Forbidden",
        StatusCodes.Status404NotFound => "NotFound",
        StatusCodes.Status405MethodNotAllowed => "MethodNotAllowed",
        StatusCodes.Status413PayloadTooLarge => "RequestEntityTooLarge",
        _ => "ServiceUnavailable",
    };
}
