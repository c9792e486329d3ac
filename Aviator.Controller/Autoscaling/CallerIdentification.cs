using System.Security.Cryptography.X509Certificates;

namespace Aviator.Controller.Autoscaling;

/// <summary>
/// Finds out who asks: by the aggregator's client certificate and what it says in headers, or by a bearer token. Headers of anybody else
/// are as good as not there.
/// </summary>
/// <param name="frontProxy">How the aggregator is known.</param>
/// <param name="reviews">Knows tokens.</param>
internal sealed class CallerIdentification(FrontProxySource frontProxy, AccessReviews reviews)
{
    private const string Scheme = "Bearer ";

    /// <summary>Longest token taken; those of service accounts have about a thousand characters.</summary>
    private const int LongestToken = 16 * 1024;

    /// <summary>Who asks, or why nobody is known.</summary>
    public async Task<Admission> IdentifyAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        var byCertificate = context.Connection.ClientCertificate is { } certificate
            ? IdentifyAggregator(certificate, headers)
            : Refused("no client certificate of the API server's aggregator, and no bearer token");
        return !byCertificate.IsAdmitted && Token(headers) is { } token
            ? await reviews.IdentifyAsync(token, context.RequestAborted)
            : byCertificate;
    }

    private Admission IdentifyAggregator(X509Certificate2 certificate, IHeaderDictionary headers)
    {
        if (frontProxy.Current is not { } trust)
            return Admission.Unknown("how the API server's aggregator is known could not be read from the API server");
        if (trust.Refusal(certificate) is { } reason) return Refused(reason);
        return trust.Read(headers) is { } caller ? Admission.For(caller) : Refused("the aggregator names no user");
    }

    private static Admission Refused(string reason) => new(StatusCodes.Status401Unauthorized, reason);

    private static string? Token(IHeaderDictionary headers)
    {
        if (headers.Authorization is not [{ } header] || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return null;
        var token = header[Scheme.Length..].Trim();
        return token.Length is 0 or > LongestToken || token.Contains(' ') ? null : token;
    }
}
