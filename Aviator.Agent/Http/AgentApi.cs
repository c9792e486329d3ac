using System.Globalization;
using Aviator.Agent.Access;
using Aviator.Agent.Counters;
using Aviator.Agent.Reporting;
using Aviator.Agent.Steering;
using Aviator.Core.Measurement;
using Aviator.ServiceDefaults;

namespace Aviator.Agent.Http;

/// <summary>
/// The agent's HTTP interface. Health is open in every mode; the measurements, and the metrics if wanted, take a token where access asks
/// for one, and orders one of a user that may give them.
/// </summary>
internal static class AgentApi
{
    /// <summary>Maps <c>/latencies</c>, <c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c>, and <c>/steering</c> if wanted.</summary>
    /// <param name="app">The application.</param>
    /// <param name="access">Who may read, and who may order.</param>
    /// <param name="steers">Whether orders are taken.</param>
    public static void Map(WebApplication app, AccessOptions access, bool steers)
    {
        var guarded = access.Mode == AccessMode.Token;
        if (guarded) app.UseAuthentication().UseAuthorization();
        if (steers)
        {
            // After the caller was let in: whoever is not costs no more than the headers.
            app.UseRequestDecompression();
            SteeringApi.Map(app, access);
        }

        app.MapDefaultEndpoints(metrics =>
        {
            if (guarded && !access.OpenMetrics) metrics.RequireAuthorization(AgentAccess.Policy);
        });
        var latencies = app.MapGet("/latencies", AnswerAsync);
        if (guarded) latencies.RequireAuthorization(AgentAccess.Policy);
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        var services = context.RequestServices;
        if (context.Request.Query.TryGetValue(NodeReport.ReadEveryQuery, out var asked))
        {
            if (!int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) || milliseconds < 1)
            {
                const string Reason = "the time from one read to the next is a whole number of milliseconds from 1 on";
                await RefusalJson.WriteAsync(context.Response, StatusCodes.Status400BadRequest, Reason, NodeReport.ReadEveryQuery);
                return;
            }

            services.GetRequiredService<ReadingPace>().Ask(TimeSpan.FromMilliseconds(milliseconds));
        }

        await ReportAnswer.WriteAsync(context, services.GetRequiredService<NodeReportBuilder>().Build());
    }
}
