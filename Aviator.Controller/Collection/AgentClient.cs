using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Mime;
using System.Text.Json;
using Aviator.Core.Measurement;
using Aviator.Core.Steering;

namespace Aviator.Controller.Collection;

/// <summary>Asks an agent for its node's report, and gives it orders.</summary>
/// <param name="http">Sends the requests; its time limit is that of one request, attempts included. Disposed with this.</param>
/// <param name="token">The token to show; null where the agents ask for none.</param>
internal sealed class AgentClient(HttpClient http, AgentToken? token = null) : IDisposable
{
    /// <summary>Largest report taken: 250 busy endpoints write well under a tenth of it.</summary>
    private const int MaxReport = 32 << 20;

    private const string Scheme = "Bearer";

    /// <summary>A client with its own connections, with the time limit of one report.</summary>
    public AgentClient(TimeSpan timeout, AgentToken? token = null)
        : this(new HttpClient(Connections()) { Timeout = timeout, MaxResponseContentBufferSize = MaxReport }, token)
    {
    }

    /// <summary>Makes the clients of that name what agents need.</summary>
    public static IHttpClientBuilder Add(IServiceCollection services) => services.AddHttpClient(nameof(AgentClient))
        .ConfigurePrimaryHttpMessageHandler(Connections)
        .ConfigureHttpClient(client => client.MaxResponseContentBufferSize = MaxReport)
        // One client asks as long as the process runs; the connections' own lifetime sees to addresses that change hands.
        .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
        .RemoveAllLoggers();

    /// <summary>Reads the report.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="readEvery">How often it is to read its counters for now; null for its own pace.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <exception cref="AgentRefusedException">The agent does not let this controller in; the message says what to fix.</exception>
    /// <exception cref="AgentUnavailableException">No usable answer came within the time limit.</exception>
    public Task<NodeReport> GetAsync(AgentEndpoint agent, TimeSpan? readEvery, CancellationToken cancellationToken)
    {
        var wish = readEvery is { } every ? string.Create(
            CultureInfo.InvariantCulture, $"?{NodeReport.ReadEveryQuery}={(int)every.TotalMilliseconds}") : "";
        var address = new Uri(agent.Address, $"latencies{wish}");
        return ExchangeAsync(Get, ReadReportAsync, cancellationToken);

        HttpRequestMessage Get() => new(HttpMethod.Get, address) { Headers = { { "Accept", NodeReportMedia.Accept } } };
    }

    /// <summary>Has the agent's kernel carry an order out from now on.</summary>
    /// <returns>The agent's answer, which may be that its kernel does not.</returns>
    /// <exception cref="AgentRefusedException">The agent does not let this controller in; the message says what to fix.</exception>
    /// <exception cref="AgentUnavailableException">No usable answer came within the time limit.</exception>
    public Task<SteeringAnswer> OrderAsync(AgentEndpoint agent, SteeringOrder order, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(order, SteeringJson.Default.SteeringOrder);
        return ExchangeAsync(Put, ReadAnswerAsync, cancellationToken);

        HttpRequestMessage Put() => new(HttpMethod.Put, new Uri(agent.Address, "steering"))
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new(MediaTypeNames.Application.Json) } },
        };
    }

    private async Task<T> ExchangeAsync<T>(
        Func<HttpRequestMessage> request, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        try
        {
            var shown = token?.Read();
            using var response = await SendAsync(request, shown, cancellationToken);
            // A token that was replaced a moment ago is no reason to wait for the next round.
            if (response.StatusCode != HttpStatusCode.Unauthorized || shown is null || token!.Newer(shown) is not { } newer)
                return await ReadAsync(response, shown is not null, read, cancellationToken);
            using var second = await SendAsync(request, newer, cancellationToken);
            return await ReadAsync(second, true, read, cancellationToken);
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AgentUnavailableException($"it did not answer within {http.Timeout.TotalSeconds:0.#} s");
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or JsonException)
        {
            throw new AgentUnavailableException(fault.Message, fault);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> make, string? bearer, CancellationToken cancellationToken)
    {
        using var request = make();
        if (bearer is not null) request.Headers.Authorization = new AuthenticationHeaderValue(Scheme, bearer);
        return await http.SendAsync(request, cancellationToken);
    }

    private static async Task<T> ReadAsync<T>(
        HttpResponseMessage response, bool withToken, Func<HttpResponseMessage, CancellationToken, Task<T>> read,
        CancellationToken cancellationToken) => response.IsSuccessStatusCode
            ? await read(response, cancellationToken)
            : throw await AgentRefusal.OfAsync(response, withToken, cancellationToken);

    private static async Task<SteeringAnswer> ReadAnswerAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        return await JsonSerializer.DeserializeAsync(body, SteeringJson.Default.SteeringAnswer, cancellationToken)
            ?? throw new AgentUnavailableException("it answered null");
    }

    private static async Task<NodeReport> ReadReportAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType == NodeReportMedia.Type)
        {
            var reading = NodeReportCodec.Read(await response.Content.ReadAsByteArrayAsync(cancellationToken));
            return reading.Report ?? throw new AgentUnavailableException(reading.Detail);
        }

        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var report = await JsonSerializer.DeserializeAsync(body, MeasurementJson.Default.NodeReport, cancellationToken);
        return report switch
        {
            null => throw new AgentUnavailableException("it answered null"),
            { FormatVersion: not NodeReport.CurrentFormatVersion } => throw new AgentUnavailableException(
                $"its reports have format {report.FormatVersion}, not {NodeReport.CurrentFormatVersion}"),
            _ => report,
        };
    }

    private static SocketsHttpHandler Connections() => new()
    {
        // Connections are kept: one agent is asked every second or so. Their lifetime is limited because a pod's address may pass to
        // another pod.
        AutomaticDecompression = DecompressionMethods.All,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectTimeout = TimeSpan.FromSeconds(5),
        UseProxy = false,
        AllowAutoRedirect = false,
    };
}
