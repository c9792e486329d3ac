using Aviator.Controller.Analysis;
using Aviator.Controller.Cluster;
using Aviator.Controller.Leadership;

namespace Aviator.Controller.Autoscaling;

/// <summary>Answers one request: who asks, for what, whether that is allowed, and only then the figures, from memory.</summary>
/// <param name="callers">Who asks.</param>
/// <param name="reviews">What they may read.</param>
/// <param name="figures">The figures.</param>
/// <param name="analyses">Compares versions.</param>
/// <param name="leadership">Only the replica that leads has figures.</param>
internal sealed class AutoscalingRequests(
    CallerIdentification callers, AccessReviews reviews, FigureKeeper figures, VersionAnalyses analyses, ILeadership leadership)
{
    /// <summary>Answers.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        var route = AutoscalingRoute.Of(context.Request.Path.Value ?? "");
        if (!HttpMethods.IsGet(context.Request.Method) && !(route is AnalysisRoute && HttpMethods.IsPost(context.Request.Method)))
        {
            context.Response.Headers.Allow = route is AnalysisRoute ? "GET, POST" : "GET";
            await RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "Figures are only read.");
            return;
        }

        var caller = await callers.IdentifyAsync(context);
        if (!caller.IsAdmitted)
        {
            await RefuseAsync(context, caller.Status, $"{Sentence(caller.Reason)}.");
            return;
        }

        switch (route)
        {
            case GroupRoute:
                await WriteAsync(context, AutoscalingAnswers.Group);
                break;
            case VersionRoute:
                await WriteAsync(context, AutoscalingAnswers.Resources);
                break;
            case FiguresRoute asked:
                await FiguresAsync(context, caller.Caller!, asked);
                break;
            default:
                await RefuseAsync(
                    context, StatusCodes.Status404NotFound,
                    $"Nothing is here. The metrics are {string.Join(", ", ExternalMetric.All.Select(metric => metric.Name))}.");
                break;
        }
    }

    private async Task FiguresAsync(HttpContext context, Caller caller, FiguresRoute route)
    {
        var right = await reviews.MayReadAsync(caller, route.Target, context.RequestAborted);
        if (!right.IsAdmitted) await RefuseAsync(context, right.Status, $"{Sentence(right.Reason)}.");
        else if (leadership.Term is null) await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, StandsBy());
        else if (route is ServiceRoute service)
            await WriteAsync(context, AutoscalingAnswers.Service(service, figures.Find(service.Service)));
        else if (route is MetricRoute metric)
            await MetricAsync(context, metric);
        else if (route is AnalysisRoute analysis)
            await AnalysisAsync(context, analysis);
    }

    private async Task AnalysisAsync(HttpContext context, AnalysisRoute route)
    {
        var answer = await analyses.AnswerAsync(context.Request, route.Service, context.RequestAborted);
        if (answer.Refusal is { } refusal) await RefuseAsync(context, answer.Status, refusal);
        else await WriteAsync(context, answer.Json, answer.Status);
    }

    private Task MetricAsync(HttpContext context, MetricRoute route) =>
        LabelSelector.Parse(context.Request.Query["labelSelector"]) is { } selector
            ? WriteAsync(context, AutoscalingAnswers.Metric(route.Metric, figures.In(route.Namespace), selector))
            : RefuseAsync(context, StatusCodes.Status400BadRequest, "The labelSelector cannot be read; write one such as service=web.");

    private string StandsBy() => LeaderNames.Replica(leadership.Holder) is { } leader
        ? $"This replica stands by and has no figures; {leader} leads."
        : "This replica stands by and has no figures; none is known to lead.";

    private static string Sentence(string reason) => char.ToUpperInvariant(reason[0]) + reason[1..];

    private static Task RefuseAsync(HttpContext context, int status, string message)
    {
        if (status == StatusCodes.Status401Unauthorized) context.Response.Headers.WWWAuthenticate = "Bearer";
        if (status == StatusCodes.Status503ServiceUnavailable) context.Response.Headers.RetryAfter = "5";
        return WriteAsync(context, AutoscalingAnswers.Refusal(status, message), status);
    }

    private static async Task WriteAsync(HttpContext context, byte[] json, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        (context.Response.ContentType, context.Response.ContentLength) = ("application/json", json.Length);
        await context.Response.Body.WriteAsync(json, context.RequestAborted);
    }
}
