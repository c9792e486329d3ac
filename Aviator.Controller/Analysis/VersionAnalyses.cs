using System.Text.Json;
using Aviator.Kubernetes;

namespace Aviator.Controller.Analysis;

/// <summary>An answer by HTTP.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Json">The report; empty in a refusal.</param>
/// <param name="Refusal">Why there is no report, as a sentence; null when there is one.</param>
internal sealed record AnalysisAnswer(int Status, byte[] Json, string? Refusal = null)
{
    /// <summary>A refusal.</summary>
    public static AnalysisAnswer Refused(int status, string reason) => new(status, [], reason);
}

/// <summary>
/// Answers whether a candidate is worse. To a GET with status 200, whatever the verdict, for those that read it; to a POST with a status
/// that says it, for webhooks: 200 for a pass, 412 for worse, 425 while nothing is certain (or 200, if asked for).
/// </summary>
internal sealed class VersionAnalyses
{
    /// <summary>425, RFC 8470: ask again later.</summary>
    private const int TooEarly = 425;

    /// <summary>Makes a report, or says why there is none; null until the cluster is seen.</summary>
    public Func<ObjectKey, AnalysisQuery, VersionAnalysis.Outcome>? Run { get; set; }

    /// <summary>Answers one request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="service">The Service of its path.</param>
    /// <param name="cancellationToken">Ends the wait for its body.</param>
    public async Task<AnalysisAnswer> AnswerAsync(HttpRequest request, ObjectKey service, CancellationToken cancellationToken)
    {
        if (Run is not { } run)
            return AnalysisAnswer.Refused(StatusCodes.Status503ServiceUnavailable, "The cluster has not been seen yet.");
        var unknown = request.Query.Keys.FirstOrDefault(name => !AnalysisQuery.Names.Contains(name, StringComparer.Ordinal));
        if (unknown is not null)
            return Bad($"{unknown}: is not known; use {string.Join(", ", AnalysisQuery.Names)}.");
        var posted = HttpMethods.IsPost(request.Method);
        IReadOnlyDictionary<string, string>? metadata = null;
        if (posted)
        {
            try
            {
                metadata = await MetadataAsync(request, cancellationToken);
            }
            catch (JsonException fault)
            {
                return Bad($"The body is not the JSON of a webhook, as {{\"metadata\":{{\"candidate\":\"version=v2\"}}}}: {fault.Message}");
            }
            catch (BadHttpRequestException fault)
            {
                return AnalysisAnswer.Refused(fault.StatusCode, fault.Message);
            }
        }

        var query = AnalysisQuery.Read(name => (string?)request.Query[name] ?? metadata?.GetValueOrDefault(name), out var faults);
        if (query is null) return Bad($"{string.Join("; ", faults)}.");
        var outcome = run(service, query);
        if (outcome.Report is not { } report) return AnalysisAnswer.Refused(outcome.Status, outcome.Refusal);
        var status = posted ? StatusOf(report.Verdict, query.PassesInconclusive) : StatusCodes.Status200OK;
        return new(status, JsonSerializer.SerializeToUtf8Bytes(report, AnalysisJson.Default.AnalysisReport));
    }

    private static async Task<IReadOnlyDictionary<string, string>?> MetadataAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var body = new StreamReader(request.Body);
        var text = await body.ReadToEndAsync(cancellationToken);
        return string.IsNullOrWhiteSpace(text) ? null : JsonSerializer.Deserialize(text, AnalysisJson.Default.WebhookWire)?.Metadata;
    }

    private static int StatusOf(string verdict, bool passesInconclusive) => verdict switch
    {
        VerdictWords.Pass => StatusCodes.Status200OK,
        VerdictWords.Worse => StatusCodes.Status412PreconditionFailed,
        _ => passesInconclusive ? StatusCodes.Status200OK : TooEarly,
    };

    private static AnalysisAnswer Bad(string fault) => AnalysisAnswer.Refused(StatusCodes.Status400BadRequest, fault);
}
