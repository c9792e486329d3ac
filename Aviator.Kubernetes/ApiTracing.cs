using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Aviator.Kubernetes;

/// <summary>
/// Requests to the API server as spans, by OpenTelemetry's conventions for HTTP clients. A watch is a span until its first answer, not for the
/// minutes that it lasts.
/// </summary>
internal static class ApiTracing
{
    private static readonly ActivitySource Source = new("Aviator.Kubernetes");

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
        return Source.StartActivity($"{verb} {resource}", ActivityKind.Client)
            ?.SetTag("http.request.method", method.Method)
            .SetTag("url.template", template)
            .SetTag("url.path", $"/{(query < 0 ? path : path[..query])}")
            .SetTag("server.address", server.Host)
            .SetTag("server.port", server.Port);
    }

    /// <summary>Notes the answer's status.</summary>
    public static void Answered(this Activity? span, HttpStatusCode status)
    {
        if (span is null) return;
        span.SetTag("http.response.status_code", (int)status);
        if ((int)status >= 400) span.SetTag("error.type", ((int)status).ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Notes why there is no usable answer. A caller that gave up is no failure.</summary>
    public static void Failed(this Activity? span, Exception fault)
    {
        if (span is null || fault is OperationCanceledException) return;
        if (fault is not ApiException) span.SetTag("error.type", fault.GetType().FullName);
        span.SetStatus(ActivityStatusCode.Error, fault.Message);
    }
}
