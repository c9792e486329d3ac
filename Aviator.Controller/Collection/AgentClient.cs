using System.Net;
using System.Text.Json;
using Aviator.Measurement;

namespace Aviator.Controller.Collection;

/// <summary>Asks an agent for its node's report.</summary>
internal sealed class AgentClient : IDisposable
{
    /// <summary>Largest report taken: 250 busy endpoints write well under a tenth of it.</summary>
    private const int MaxReport = 32 << 20;

    private readonly HttpClient _http;

    public AgentClient(TimeSpan timeout)
    {
        // Connections are kept: one agent is asked every second or so. Their lifetime is limited because a pod's address may pass to another pod.
        var handler = new SocketsHttpHandler
        {
            AutomaticDecompression = DecompressionMethods.All,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectTimeout = timeout,
            UseProxy = false,
            AllowAutoRedirect = false,
        };
        _http = new HttpClient(handler) { Timeout = timeout, MaxResponseContentBufferSize = MaxReport };
    }

    /// <summary>Reads the report.</summary>
    /// <exception cref="AgentUnavailableException">No usable answer came within the time limit.</exception>
    public async Task<NodeReport> GetAsync(AgentEndpoint agent, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _http.GetAsync(new Uri(agent.Address, "latencies"), cancellationToken);
            if (!response.IsSuccessStatusCode) throw new AgentUnavailableException($"it answered {(int)response.StatusCode}");
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            var report = await JsonSerializer.DeserializeAsync(body, MeasurementJson.Default.NodeReport, cancellationToken);
            return report switch
            {
                null => throw new AgentUnavailableException("it answered null"),
                { FormatVersion: not NodeReport.CurrentFormatVersion } => throw new AgentUnavailableException($"its reports have format {report.FormatVersion}, not {NodeReport.CurrentFormatVersion}"),
                _ => report,
            };
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AgentUnavailableException($"it did not answer within {_http.Timeout.TotalSeconds:0.#} s");
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or JsonException)
        {
            throw new AgentUnavailableException(fault.Message, fault);
        }
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>An agent gave no usable report.</summary>
internal sealed class AgentUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
