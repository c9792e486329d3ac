using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using k8s;

namespace Aviator.Kubernetes;

/// <summary>
/// Raw requests over a <see cref="k8s.Kubernetes"/> client: its address, credentials and TLS settings. Used where its typed API falls short
/// (watches that must resume from a resourceVersion, kinds whose version is known only at run time, narrow types in place of whole
/// objects).
/// </summary>
/// <param name="client">The client; not disposed here.</param>
/// <param name="time">The clock of the request time limit.</param>
public sealed class ApiConnection(k8s.Kubernetes client, TimeProvider time)
{
    /// <summary>Content type of a JSON merge patch (RFC 7396).</summary>
    public const string MergePatch = "application/merge-patch+json";

    /// <summary>Content type of a JSON patch (RFC 6902).</summary>
    public const string JsonPatch = "application/json-patch+json";

    /// <summary>Content type of whole objects.</summary>
    public const string Json = "application/json";

    private long _lastAnswer;

    /// <summary>Asked immediately before each request that changes something; where it says no, the request is not sent.</summary>
    public Func<bool> MayWrite { get; init; } = static () => true;

    /// <summary>
    /// Time since the server last began an answer, whatever it said; null before the first. Where nothing changes a watch brings no events,
    /// on some servers not even bookmarks, for as long as it lasts: its being opened again is then the only sign of life.
    /// </summary>
    public TimeSpan? SinceAnswer => Interlocked.Read(ref _lastAnswer) is var at and not 0 ? time.GetElapsedTime(at) : null;

    /// <summary>Limit of one request, and of the wait for a watch's first byte.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Sends one request and reads the whole answer.</summary>
    /// <param name="method">The HTTP method.</param>
    /// <param name="path">Path and query, without a leading slash.</param>
    /// <param name="body">An object to be sent as JSON, or null.</param>
    /// <param name="contentType">The body's content type.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ApiException">The server refused.</exception>
    /// <exception cref="HttpRequestException">The server could not be reached.</exception>
    /// <exception cref="TimeoutException">No answer within <see cref="RequestTimeout"/>.</exception>
    /// <exception cref="WriteNotAllowedException">The request would change something, and <see cref="MayWrite"/> said no.</exception>
    public async Task<JsonDocument> SendAsync(
        HttpMethod method, string path, object? body = null, string contentType = Json, CancellationToken cancellationToken = default)
    {
        using var span = ApiTracing.Start(method, client.BaseUri, path);
        using var limit = new CancellationTokenSource(RequestTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var response = await OpenAsync(span, method, path, body, contentType, either.Token).ConfigureAwait(false);
            await using var content = await response.Content.ReadAsStreamAsync(either.Token).ConfigureAwait(false);
            return await JsonDocument.ParseAsync(content, default, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            var late = new TimeoutException($"The API server did not answer {method} {path} within {RequestTimeout.TotalSeconds:0} s.");
            span.Failed(late);
            throw late;
        }
        catch (Exception fault)
        {
            span.Failed(fault);
            throw;
        }
    }

    /// <summary>Sends one request and returns as soon as the headers are there; the caller disposes the answer.</summary>
    /// <inheritdoc cref="SendAsync"/>
    public async Task<HttpResponseMessage> OpenAsync(
        HttpMethod method, string path, object? body, string contentType, CancellationToken cancellationToken)
    {
        using var span = ApiTracing.Start(method, client.BaseUri, path);
        try
        {
            return await OpenAsync(span, method, path, body, contentType, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            span.Failed(fault);
            throw;
        }
    }

    private async Task<HttpResponseMessage> OpenAsync(
        Activity? span, HttpMethod method, string path, object? body, string contentType, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(client.BaseUri, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(Json));
        if (body is not null)
        {
            request.Content = new StringContent(KubernetesJson.Serialize(body));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        }

        if (client.Credentials is { } credentials)
            await credentials.ProcessHttpRequestAsync(request, cancellationToken).ConfigureAwait(false);
        // Last of all: whatever took its time before must not carry an old permission past it.
        if (method != HttpMethod.Get && !MayWrite())
            throw new WriteNotAllowedException($"{method} {path} was not sent: this process may not write now.");
        var response = await AskAsync(request, cancellationToken).ConfigureAwait(false);
        span.Answered(response.StatusCode);
        Interlocked.Exchange(ref _lastAnswer, Math.Max(1, time.GetTimestamp()));
        if (response.IsSuccessStatusCode) return response;
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            throw Refusal(response, text);
        }
    }

    private async Task<HttpResponseMessage> AskAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            var response = await client.HttpClient
                .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            ApiMetrics.Asked(request.Method, response.IsSuccessStatusCode ? "ok" : "refused");
            return response;
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or OperationCanceledException)
        {
            ApiMetrics.Asked(request.Method, "failed");
            throw;
        }
    }

    private static ApiException Refusal(HttpResponseMessage response, string text)
    {
        var (status, wait) = (response.StatusCode, response.Headers.RetryAfter?.Delta);
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ToApiException(status, wait);
        }
        catch (JsonException)
        {
            var message = text.Length == 0 ? $"HTTP {(int)status}" : $"HTTP {(int)status}: {text[..Math.Min(text.Length, 512)]}";
            return new ApiException(status, null, message) { RetryAfter = wait };
        }
    }
}
