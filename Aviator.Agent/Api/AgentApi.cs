using System.Text.Encodings.Web;
using System.Text.Json;
using Aviator.Measurement;
using Aviator.ServiceDefaults;

namespace Aviator.Agent.Api;

/// <summary>The agent's HTTP interface. Health and metrics are open; what guards the measurements is added to the route that is returned.</summary>
internal static class AgentApi
{
    /// <summary>The same JSON with plus signs and apostrophes as they are: the answer is never placed into HTML, and people read it.</summary>
    private static readonly MeasurementJson Readable = new(new JsonSerializerOptions(MeasurementJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Maps <c>/latencies</c>, <c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c>; returns the route of the measurements.</summary>
    public static RouteHandlerBuilder Map(WebApplication app)
    {
        app.MapDefaultEndpoints();
        return app.MapGet("/latencies", (ReportBuilder report, HttpResponse response) =>
        {
            response.Headers.CacheControl = "no-store";
            return TypedResults.Json(report.Build(), Readable.NodeReport);
        });
    }
}
