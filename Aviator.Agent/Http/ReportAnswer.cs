using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Aviator.Core.Measurement;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Aviator.Agent.Http;

/// <summary>A report as the answer to a request: as JSON, or in the form that controllers ask for, which is cheaper for both.</summary>
internal static class ReportAnswer
{
    /// <summary>
    /// The JSON with plus signs and apostrophes as they are: the answer is never placed into HTML, and people read it.
    /// </summary>
    private static readonly MeasurementJson Readable =
        new(new JsonSerializerOptions(MeasurementJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Answers with the report.</summary>
    /// <param name="context">The request.</param>
    /// <param name="report">The report.</param>
    public static Task WriteAsync(HttpContext context, NodeReport report)
    {
        var (request, response) = (context.Request, context.Response);
        response.Headers.CacheControl = "no-store";
        response.Headers.Vary = HeaderNames.Accept;
        if (!Takes(request.Headers.Accept) || NodeReportCodec.TryWrite(report) is not { } bytes)
            return response.WriteAsJsonAsync(report, Readable.NodeReport, cancellationToken: context.RequestAborted);
        response.ContentType = NodeReportMedia.Type;
        response.ContentLength = bytes.Length;
        return response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }

    /// <summary>Whether who asks in this way reads what <see cref="NodeReportCodec.TryWrite"/> writes.</summary>
    /// <param name="accept">The values of <c>Accept</c>; what cannot be read is as if it were not there.</param>
    internal static bool Takes(StringValues accept) =>
        MediaTypeHeaderValue.TryParseList(accept, out var ranges) && ranges.Any(range =>
            range.MediaType.Equals(NodeReportMedia.Type, StringComparison.OrdinalIgnoreCase) && range.Quality is null or > 0
            && range.Parameters.Any(parameter => parameter.Name == NodeReportMedia.Version
                && int.TryParse(parameter.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
                && version >= NodeReportCodec.Version));
}
