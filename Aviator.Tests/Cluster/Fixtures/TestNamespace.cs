using Aviator.Tests.Tooling.Kubernetes;


namespace Aviator.Tests.Cluster.Fixtures;

/// <summary>A namespace for one test.</summary>
internal static class TestNamespace
{
    /// <summary>Tells the namespaces of tests.</summary>
    public const string Label = "aviator-test";

    /// <summary>Makes one with a name that no other run has.</summary>
    public static async Task<string> CreateAsync(ClusterApi api, CancellationToken stop)
    {
        var name = $"e2e-{Guid.NewGuid():N}"[..12];
        await api.Kubectl.RunAsync(["create", "namespace", name], cancellationToken: stop);
        await api.Kubectl.RunAsync(["label", "namespace", name, $"{Label}=yes"], cancellationToken: stop);
        return name;
    }

    /// <summary>
    /// Asks for its removal. Finalizers are taken off first: a controller may be down at a test's end, and what it owes then is what other
    /// tests ask.
    /// </summary>
    public static async Task RemoveAsync(ClusterApi api, string name, CancellationToken stop)
    {
        foreach (var policy in await api.ListAsync($"apis/aviator.example.com/v1alpha1/namespaces/{name}/aviatorpolicies", stop))
            await api.Kubectl.TryAsync(
                ["patch", "avp", policy.GetProperty("metadata").GetProperty("name").GetString()!, "-n", name, "--type=merge", "-p",
                    """{"metadata":{"finalizers":null}}"""],
                cancellationToken: stop);
        await api.Kubectl.TryAsync(["delete", "pods", "--all", "-n", name, "--grace-period=0", "--force", "--wait=false"],
            cancellationToken: stop);
        await api.Kubectl.TryAsync(["delete", "namespace", name, "--wait=false", "--ignore-not-found"], cancellationToken: stop);
    }
}
