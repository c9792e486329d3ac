using System.Net;
using Aviator.Kubernetes;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Kubernetes;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Aviator.Tests.Cluster.Fixtures;

/// <summary>
/// A namespace for one test. By the client: a start of kubectl costs a quarter of a second, and every test would pay six.
/// </summary>
internal static class TestNamespace
{
    /// <summary>Tells the namespaces of tests.</summary>
    public const string Label = "aviator-test";

    /// <summary>Makes one with a name that no other run has.</summary>
    public static async Task<string> CreateAsync(ClusterApi api, CancellationToken stop)
    {
        var name = $"e2e-{Guid.NewGuid():N}"[..12];
        var labels = new Dictionary<string, string> { [Label] = "yes" };
        await api.Client.CoreV1.CreateNamespaceAsync(new() { Metadata = new() { Name = name, Labels = labels } }, cancellationToken: stop);
        return name;
    }

    /// <summary>
    /// Asks for its removal. Finalizers are taken off first: a controller may be down at a test's end, and what it owes then is what other
    /// tests ask.
    /// </summary>
    public static async Task RemoveAsync(ClusterApi api, string name, CancellationToken stop)
    {
        var withoutFinalizers = new V1Patch("""{"metadata":{"finalizers":null}}""", V1Patch.PatchType.MergePatch);
        foreach (var policy in await api.ListAsync(AviatorNames.Policies.Path(name), stop))
        {
            var key = policy.GetProperty("metadata").GetProperty("name").GetString()!;
            await AskAsync("the finalizers to be taken off", () => api.Client.CustomObjects.PatchNamespacedCustomObjectAsync(
                withoutFinalizers, AviatorNames.Group, AviatorNames.Version, name, AviatorNames.Plural, key,
                cancellationToken: stop), stop);
        }

        await AskAsync("the pods to be deleted", () => api.Client.CoreV1.DeleteCollectionNamespacedPodAsync(
            name, gracePeriodSeconds: 0, cancellationToken: stop), stop);
        await AskAsync("the namespace to be deleted", () => api.Client.CoreV1.DeleteNamespaceAsync(name, cancellationToken: stop), stop);
    }

    /// <summary>
    /// Asks until it was taken: a server that deletes a hundred pods in one request may be longer about it than a client waits.
    /// </summary>
    private static Task<TimeSpan> AskAsync(string what, Func<Task> action, CancellationToken stop) =>
        Waiting.UntilAsync(what, TimeLimits.Collection, async () =>
        {
            try
            {
                await action();
            }
            catch (HttpOperationException gone) when (gone.Response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
            {
                // As wanted, or on its way.
            }

            return true;
        }, stop);
}
