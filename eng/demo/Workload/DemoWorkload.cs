using System.Net;
using System.Text.Json;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Kubernetes;
using Aviator.Tests.Tooling.Processes;
using Aviator.Tests.Tooling.Traffic;
using Aviator.Tests.Tooling.Workload;

namespace Aviator.Demo.Workload;

/// <summary>The samples in their own namespace: two fast and two slow pods behind one Service, and the policy.</summary>
/// <param name="api">The cluster.</param>
/// <param name="options">How the demo runs.</param>
internal sealed class DemoWorkload(ClusterApi api, DemoOptions options)
{
    /// <summary>The Service, and the policy that steers it.</summary>
    public const string Service = "echo";

    private const int PodCount = 4;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>The pods, by name.</summary>
    public IReadOnlyList<DemoPod> Pods { get; private set; } = [];

    /// <summary>The pods that are slow now.</summary>
    public IReadOnlySet<string> SlowPods => Pods.Where(p => p.Delay >= options.Slow).Select(p => p.Name).ToHashSet();

    /// <summary>The Service's ClusterIP and port.</summary>
    public IPEndPoint Target { get; private set; } = new(IPAddress.None, 0);

    /// <summary>Makes the namespace again and applies the fast and slow apps and their Service.</summary>
    public async Task DeployAsync(CancellationToken cancellationToken)
    {
        await RemoveAsync(wait: true, cancellationToken);
        await api.Kubectl.RunAsync(["create", "namespace", DemoOptions.Namespace], cancellationToken: cancellationToken);
        await api.Kubectl.RunAsync(["apply", "-n", DemoOptions.Namespace, "-f", Sample("workload.yaml")],
            cancellationToken: cancellationToken);
        await api.Kubectl.RunAsync(["apply", "-f", Path.Combine(AviatorProgram.Root, "config", "crd")],
            cancellationToken: cancellationToken);
        Pods = await Waiting.ForAsync($"{PodCount} ready pods", Limit, async () =>
            await ReadyPodsAsync(cancellationToken) is { Count: PodCount } p ? p : null, cancellationToken);
        await Waiting.UntilAsync("the default slices to hold the pods", Limit,
            async () => (await api.ShapeAsync(DemoOptions.Namespace, Service, cancellationToken))?.Ready.Count == PodCount,
                cancellationToken);
        var service = await api.GetAsync($"api/v1/namespaces/{DemoOptions.Namespace}/services/{Service}", cancellationToken)
            ?? throw new InvalidOperationException($"No Service {Service}.");
        var spec = service.GetProperty("spec");
        Target = new(IPAddress.Parse(spec.GetProperty("clusterIP").GetString()!),
            spec.GetProperty("ports")[0].GetProperty("port").GetInt32());
        await Reachable.WaitAsync(Target, cancellationToken);
    }

    /// <summary>Applies the sample policy.</summary>
    public Task ApplyPolicyAsync(CancellationToken cancellationToken) =>
        api.Kubectl.RunAsync(["apply", "-n", DemoOptions.Namespace, "-f", Sample("policy.yaml")], cancellationToken: cancellationToken);

    /// <summary>Asks for the policy's deletion.</summary>
    public Task DeletePolicyAsync(CancellationToken cancellationToken) =>
        api.Kubectl.RunAsync(["delete", "-n", DemoOptions.Namespace, "-f", Sample("policy.yaml"), "--wait=false", "--ignore-not-found"],
            cancellationToken: cancellationToken);

    /// <summary>Makes one fast pod slow and one slow pod fast.</summary>
    /// <returns>Both, as they are now.</returns>
    public async Task<(DemoPod NowSlow, DemoPod NowFast)> ShiftAsync(CancellationToken cancellationToken)
    {
        var fast = Pods.First(p => p.Delay < options.Slow);
        var slow = Pods.First(p => p.Delay >= options.Slow);
        await ControlPort.SetDelayAsync(fast.Address, options.Slow, cancellationToken);
        await ControlPort.SetDelayAsync(slow.Address, options.Fast, cancellationToken);
        var (nowSlow, nowFast) = (fast with { Delay = options.Slow }, slow with { Delay = options.Fast });
        Pods = [.. Pods.Select(p => p == fast ? nowSlow : p == slow ? nowFast : p)];
        return (nowSlow, nowFast);
    }

    /// <summary>Removes the namespace with all that is in it.</summary>
    public async Task RemoveAsync(bool wait, CancellationToken cancellationToken)
    {
        await api.Kubectl.RunAsync(["delete", "namespace", DemoOptions.Namespace, "--ignore-not-found", "--wait=false"],
            cancellationToken: cancellationToken);
        if (wait)
            await Waiting.UntilAsync("the namespace of an earlier demo to go", Limit,
                async () => await api.GetAsync($"api/v1/namespaces/{DemoOptions.Namespace}", cancellationToken) is null, cancellationToken);
    }

    private static string Sample(string file) => Path.Combine(AviatorProgram.Root, "config", "samples", file);

    private async Task<IReadOnlyList<DemoPod>> ReadyPodsAsync(CancellationToken cancellationToken) =>
    [
        .. (await api.ListAsync($"api/v1/namespaces/{DemoOptions.Namespace}/pods", cancellationToken)).Where(IsReady).Select(pod =>
        {
            var name = pod.GetProperty("metadata").GetProperty("name").GetString()!;
            var delay = name.Contains("slow", StringComparison.Ordinal) ? options.Slow : options.Fast;
            return new DemoPod(name, IPAddress.Parse(pod.GetProperty("status").GetProperty("podIP").GetString()!), delay);
        }).OrderBy(p => p.Name, StringComparer.Ordinal),
    ];

    private static bool IsReady(JsonElement pod) =>
        pod.GetProperty("status").TryGetProperty("conditions", out var conditions) &&
        conditions.EnumerateArray().Any(c => c.GetProperty("type").GetString() == "Ready" && c.GetProperty("status").GetString() == "True");
}
