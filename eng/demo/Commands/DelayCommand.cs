using System.Net;
using System.Text.Json;
using Aviator.Tests.Tooling.Kubernetes;
using Aviator.Tests.Tooling.Workload;

namespace Aviator.Demo.Commands;

/// <summary>Changes how long one pod takes to answer.</summary>
/// <param name="api">The cluster.</param>
/// <param name="output">Takes what was done.</param>
internal sealed class DelayCommand(ClusterApi api, TextWriter output)
{
    /// <summary>Sets the delay of <paramref name="pod"/>, or of the Service's first pod by name.</summary>
    /// <exception cref="InvalidOperationException">There is no such pod, or it has no address.</exception>
    /// <exception cref="HttpRequestException">The pod does not answer on its control port.</exception>
    public async Task RunAsync(string ns, string service, TimeSpan delay, string? pod, CancellationToken stop)
    {
        var pods = (await api.ListAsync($"api/v1/namespaces/{ns}/pods?labelSelector=app%3D{service}", stop))
            .Where(p => p.GetProperty("status").TryGetProperty("podIP", out _)).OrderBy(Name, StringComparer.Ordinal);
        var chosen = pods.Where(p => pod is null || Name(p) == pod).Select(p => (JsonElement?)p).FirstOrDefault() ??
            throw new InvalidOperationException($"Service {ns}/{service} has no pod {pod ?? "with an address"}.");
        await ControlPort.SetDelayAsync(IPAddress.Parse(chosen.GetProperty("status").GetProperty("podIP").GetString()!), delay, stop);
        await output.WriteLineAsync($"{Name(chosen)} takes {delay.TotalMilliseconds:0} ms to answer now");
    }

    private static string Name(JsonElement pod) => pod.GetProperty("metadata").GetProperty("name").GetString()!;
}
