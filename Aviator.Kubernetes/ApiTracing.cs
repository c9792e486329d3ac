using System.Diagnostics;
using System.Globalization;
using System.Net;
using Aviator.ServiceDefaults;

namespace Aviator.Kubernetes;

/// <summary>
/// Requests to the API server as spans, by OpenTelemetry's conventions for HTTP clients. A watch is a span until its first answer, not for
/// the minutes that it lasts.
/// </summary>
internal static class ApiTracing
{
    private const string Method = "http.request.method";

    private static readonly ActivitySource Source = new("Aviator.Kubernetes");

    /// <summary>
    /// Resources that are written all the time, although nothing of consequence changes: heartbeats, reports, and questions.
    /// </summary>
    private static readonly HashSet<string> Routine = ["leases", "events", "aviatorpolicies/status", "tokenreviews"];

    /// <summary>Begins the span of a request; null, at next to no cost, when nothing listens.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="server">The API server.</param>
    /// <param name="path">Path and query, without a leading slash.</param>
    public static Activity? Start(HttpMethod method, Uri server, string path)
    {
        if (!Source.HasListeners()) return null;
        var (resource, template) = ApiRoute.Parse(path);
        var verb = path.Contains("watch=true", StringComparison.Ordinal) ? "WATCH" : method.Method;
        var query = path.IndexOf('?', StringComparison.Ordinal);
        KeyValuePair<string, object?>[] tags =
        [
            new(Method, method.Method), new("url.template", template), new("url.path", $"/{(query < 0 ? path : path[..query])}"),
            new("server.address", server.Host), new("server.port", server.Port),
            // Outside an evaluation too (taking a Service over, handing it back), a write is a trace to keep.
            new(Extensions.ChangedTag, method != HttpMethod.Get && !Routine.Contains(resource)),
        ];
        return Source.StartActivity($"{verb} {resource}", ActivityKind.Client, default(ActivityContext), tags);
    }

    /// <summary>Notes the answer's status.</summary>
    public static void Answered(this Activity? span, HttpStatusCode status) => span?.SetTag("http.response.status_code", (int)status);

    /// <summary>
    /// Notes why there is no usable answer. A caller that gave up is no failure, nor is a read that found nothing: it asked whether there
    /// is something.
    /// </summary>
    public static void Failed(this Activity? span, Exception fault)
    {
        if (span is null || fault is OperationCanceledException) return;
        if (fault is ApiException { IsNotFound: true } && span.GetTagItem(Method) is "GET") return;
        var type = fault is ApiException refusal ? ((int)refusal.Status).ToString(CultureInfo.InvariantCulture) : fault.GetType().FullName;
        span.SetTag("error.type", type).SetStatus(ActivityStatusCode.Error, fault.Message);
    }
}
