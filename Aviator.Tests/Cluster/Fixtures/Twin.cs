using System.Net;
using System.Text.Json;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Kubernetes;
using Aviator.Tests.Tooling.Traffic;

namespace Aviator.Tests.Cluster.Fixtures;

/// <summary>The twin of the usual Service, as an onlooker sees it.</summary>
/// <param name="api">The cluster.</param>
/// <param name="ns">The test's namespace.</param>
internal sealed class Twin(ClusterApi api, string ns)
{
    /// <summary>Its name.</summary>
    public const string Name = $"{Workload.Service}-aviator";

    /// <summary>The Service object; null while there is none.</summary>
    public Task<JsonElement?> FindAsync(CancellationToken stop) => api.GetAsync($"api/v1/namespaces/{ns}/services/{Name}", stop);

    /// <summary>Waits until the twin's spec is as wanted.</summary>
    /// <returns>How long it took.</returns>
    public async Task<TimeSpan> BecomesAsync(string what, Func<JsonElement, bool> condition, CancellationToken stop)
    {
        var last = "no twin";
        return await Waiting.UntilAsync($"the twin's {what}", TimeLimits.Kubernetes, async () =>
        {
            if (await FindAsync(stop) is not { } found) return false;
            last = found.GetProperty("spec").ToString();
            return condition(found.GetProperty("spec"));
        }, stop, () => last);
    }

    /// <summary>Waits until there is none, nor a slice of one.</summary>
    public Task<TimeSpan> GoneAsync(TimeSpan limit, CancellationToken stop) => Waiting.UntilAsync("the twin to go", limit,
        async () => await FindAsync(stop) is null &&
            (await api.Kubectl.RunAsync(["get", "endpointslices", "-n", ns, "-l", $"kubernetes.io/service-name={Name}", "-o", "name"],
                cancellationToken: stop)).Length == 0,
        stop);

    /// <summary>Where clients reach it, once they do.</summary>
    public async Task<IPEndPoint> AddressAsync(CancellationToken stop)
    {
        await BecomesAsync("address", _ => true, stop);
        var spec = (await FindAsync(stop))!.Value.GetProperty("spec");
        var address = new IPEndPoint(IPAddress.Parse(spec.GetProperty("clusterIP").GetString()!),
            spec.GetProperty("ports")[0].GetProperty("port").GetInt32());
        await Reachable.WaitAsync(address, stop);
        return address;
    }
}
