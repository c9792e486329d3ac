using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Aviator.Core.Measurement;

namespace Aviator.Controller.Collection;

/// <summary>Asks an agent for its node's report.</summary>
/// <param name="http">Sends the requests; its time limit is that of one report, attempts included. Disposed with this.</param>
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
    /// <exception cref="AgentRefusedException">The agent does not let this controller in; the message says what to fix.</exception>
    /// <exception cref="AgentUnavailableException">No usable answer came within the time limit.</exception>
    public async Task<NodeReport> GetAsync(AgentEndpoint agent, CancellationToken cancellationToken)
    {
        try
        {
            var shown = token?.Read();
            using var response = await SendAsync(agent, shown, cancellationToken);
            // A token that was replaced a moment ago is no reason to wait for the next round.
            if (response.StatusCode != HttpStatusCode.Unauthorized || shown is null || token!.Newer(shown) is not { } newer)
                return await ReadAsync(response, shown is not null, cancellationToken);
            using var second = await SendAsync(agent, newer, cancellationToken);
            return await ReadAsync(second, true, cancellationToken);
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

    private async Task<HttpResponseMessage> SendAsync(AgentEndpoint agent, string? bearer, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(agent.Address, "latencies"));
        if (bearer is not null) request.Headers.Authorization = new AuthenticationHeaderValue(Scheme, bearer);
        return await http.SendAsync(request, cancellationToken);
    }

    private static async Task<NodeReport> ReadAsync(HttpResponseMessage response, bool withToken, CancellationToken cancellationToken)
    {
        if (!response.IsSuccessStatusCode) throw await AgentRefusal.OfAsync(response, withToken, cancellationToken);
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
