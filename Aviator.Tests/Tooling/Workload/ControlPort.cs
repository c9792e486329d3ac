using System.Globalization;
using System.Net;

namespace Aviator.Tests.Tooling.Workload;

/// <summary>The test app's second port, by which its behaviour is changed while it runs. No Service leads there.</summary>
internal static class ControlPort
{
    private const int Port = 8081;
    private static readonly HttpClient Client =
        new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromSeconds(30) }) { Timeout = TimeSpan.FromSeconds(5) };

    /// <summary>From now on the pod takes <paramref name="delay"/> to answer.</summary>
    public static Task SetDelayAsync(IPAddress pod, TimeSpan delay, CancellationToken cancellationToken) =>
        SetAsync(pod, $"delay={delay.TotalMilliseconds.ToString("0.###", CultureInfo.InvariantCulture)}", cancellationToken);

    /// <summary>Sends <c>/set?</c> with <paramref name="query"/>.</summary>
    /// <exception cref="HttpRequestException">The pod refused it, or is not there.</exception>
    public static async Task SetAsync(IPAddress pod, string query, CancellationToken cancellationToken)
    {
        using var answer = await Client.GetAsync(new Uri($"http://{new IPEndPoint(pod, Port)}/set?{query}"), cancellationToken);
        answer.EnsureSuccessStatusCode();
    }
}
