namespace Aviator.AppHost;

/// <summary>kubectl on the cluster in use.</summary>
internal static class Kubectl
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Runs it and gives its standard output.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message quotes it.</exception>
    public static Task<string> RunAsync(CancellationToken stop, params string[] arguments) =>
        Tool.RunAsync(["kubectl", .. arguments], Limit, stop);

    /// <summary>The cluster's first node.</summary>
    /// <exception cref="InvalidOperationException">The cluster does not answer, or has no node.</exception>
    public static async Task<string> FirstNodeAsync(CancellationToken stop)
    {
        var node = await RunAsync(stop, "get", "nodes", "-o", "jsonpath={.items[0].metadata.name}");
        return node.Length > 0 ? node : throw new InvalidOperationException("The current cluster has no node.");
    }
}
