using System.Net.Http.Json;
using System.Text.Json;
using Aviator.Demo.Workload;
using Aviator.Tests.Tooling.Kubernetes;
using Aviator.Tests.Tooling.Traffic;
using Aviator.Tests.Tooling.Workload;

namespace Aviator.Demo.Screen;

/// <summary>
/// Gathers the live table's rows: latency and requests in flight from the agent, states from the policy's status, shares from the client
/// itself. What cannot be read just now is left empty: the table must not end the demo.
/// </summary>
/// <param name="api">The cluster.</param>
/// <param name="workload">The pods.</param>
/// <param name="traffic">The client.</param>
/// <param name="agent">The agent's address; there may be no answer yet.</param>
internal sealed class PodRows(ClusterApi api, DemoWorkload workload, TrafficGenerator traffic, Uri agent) : IDisposable
{
    private static readonly TimeSpan ShareWindow = TimeSpan.FromSeconds(3);
    private readonly HttpClient _http = new() { BaseAddress = agent, Timeout = TimeSpan.FromSeconds(2) };

    /// <summary>The rows at this moment, by pod name.</summary>
    public async Task<IReadOnlyList<PodRow>> SampleAsync(CancellationToken cancellationToken)
    {
        var endpoints = await ReadAsync(async () =>
            await _http.GetFromJsonAsync<JsonElement>("/latencies", cancellationToken), "endpoints", "pod");
        var states = await ReadAsync(
            async () => await api.PolicyAsync(DemoOptions.Namespace, DemoWorkload.Service, cancellationToken) is { } policy &&
                policy.TryGetProperty("status", out var s) ? s : default,
            "podLatencies", "name");
        var recent = traffic.Snapshot(traffic.Now - ShareWindow);
        return [.. workload.Pods.Select(pod =>
            Row(pod, endpoints.GetValueOrDefault(pod.Name), states.GetValueOrDefault(pod.Name), recent.Share(pod.Name)))];
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static PodRow Row(DemoPod pod, JsonElement endpoint, JsonElement state, double share)
    {
        var recent = endpoint.ValueKind == JsonValueKind.Object && endpoint.TryGetProperty("recent", out var r) ? r : default;
        return new PodRow(
            pod.Name, pod.Delay, Number(recent, "p50Ms"), Number(recent, "p99Ms"), (long?)Number(endpoint, "rif"),
                (long?)Number(recent, "count"),
            state.ValueKind == JsonValueKind.Object && state.TryGetProperty("state", out var text) ? text.GetString() : null,
                double.IsNaN(share) ? 0 : share);
    }

    private static async Task<IReadOnlyDictionary<string, JsonElement>> ReadAsync(Func<Task<JsonElement>> source, string list, string key)
    {
        try
        {
            var found = await source();
            return found.ValueKind == JsonValueKind.Object && found.TryGetProperty(list, out var items)
                ? items.EnumerateArray().GroupBy(i => i.GetProperty(key).GetString()!).ToDictionary(g => g.Key, g => g.First())
                : new Dictionary<string, JsonElement>();
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or JsonException or KeyNotFoundException)
        {
            return new Dictionary<string, JsonElement>();
        }
    }

    private static double? Number(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) &&
            value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
}
