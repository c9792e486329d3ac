namespace Aviator.AppHost.Cluster;

/// <summary>Which cluster is meant, as eng/apphost-cluster.sh finds out: the same choice that <c>make run</c> and <c>make install</c> make.</summary>
/// <param name="Inside">What has to stand before a command so that it runs in the cluster's network; empty where this process can reach it as it is.</param>
internal sealed record ClusterChoice(IReadOnlyList<string> Inside)
{
    /// <summary>Bringing up the test cluster builds Kubernetes the first time.</summary>
    private static readonly TimeSpan UpLimit = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan AskLimit = TimeSpan.FromSeconds(30);

    /// <summary>Chooses, brings the test cluster up when it is the one, and sets KUBECONFIG and PATH of this process to match.</summary>
    /// <param name="cluster"><c>current</c> or <c>test</c>.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="InvalidOperationException">There is none, or it did not come up; the script has said why.</exception>
    public static async Task<ClusterChoice> MakeAsync(string cluster, CancellationToken stop)
    {
        if (OperatingSystem.IsWindows()) return new ClusterChoice([]); // No script, no test cluster: KUBECONFIG or the user's default, as kubectl reads them.
        var told = await Tool.RunAsync([Path.Combine(Checkout.Root, "eng", "apphost-cluster.sh"), cluster], UpLimit, stop);
        var inside = new List<string>();
        foreach (var line in told.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = line.IndexOf('=') is var at and > 0 ? (line[..at], line[(at + 1)..]) : throw new InvalidOperationException($"eng/apphost-cluster.sh printed \"{line}\".");
            if (name == "inside") inside.Add(value);
            else Environment.SetEnvironmentVariable(name, value);
        }

        return new ClusterChoice(inside);
    }

    /// <summary>The cluster's first node.</summary>
    /// <exception cref="InvalidOperationException">The cluster does not answer.</exception>
    public static async Task<string> FirstNodeAsync(CancellationToken stop)
    {
        var node = await Tool.RunAsync(["kubectl", "get", "nodes", "-o", "jsonpath={.items[0].metadata.name}"], AskLimit, stop);
        return node.Length > 0 ? node : throw new InvalidOperationException("The current cluster has no node.");
    }
}
