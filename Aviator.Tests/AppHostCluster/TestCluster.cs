using System.Text.Json;
using Aviator.AppHost;
using Xunit;

namespace Aviator.Tests.AppHostCluster;

/// <summary>The cluster that KUBECONFIG_E2E names, through kubectl.</summary>
internal static class TestCluster
{
    private const string Variable = "KUBECONFIG_E2E";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Where pictures and logs go.</summary>
    public static string Artifacts { get; } = Directory.CreateDirectory(Checkout.File("artifacts", "apphost")).FullName;

    /// <summary>Skips the test where there is no cluster, and lets the AppHost find it.</summary>
    public static void Require()
    {
        var kubeconfig = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(string.IsNullOrEmpty(kubeconfig),
            $"{Variable} is not set: run 'make test-e2e', which brings a cluster up and runs the tests inside its network");
        Environment.SetEnvironmentVariable("KUBECONFIG", kubeconfig);
    }

    /// <summary>A name for a namespace that no other run uses.</summary>
    public static string NewNamespace() => $"e2e-host-{Guid.NewGuid():N}"[..16];

    /// <summary>
    /// Asks for a namespace's removal; a policy in it loses its finalizer first, since no controller may be left to see to it.
    /// </summary>
    public static async Task RemoveAsync(string ns)
    {
        await TryAsync("patch", "avp", SampleWorkload.Service, "-n", ns, "--type=merge", "-p", """{"metadata":{"finalizers":null}}""");
        await TryAsync("delete", "namespace", ns, "--wait=false", "--ignore-not-found");
    }

    /// <summary>Where the sample's Service leads at this moment.</summary>
    public static async Task<SteeredService> ServiceAsync(string ns, CancellationToken stop)
    {
        var service = await JsonAsync(stop, "get", "service", SampleWorkload.Service, "-n", ns);
        var slices = await JsonAsync(stop, "get", "endpointslices", "-n", ns, "-l", $"kubernetes.io/service-name={SampleWorkload.Service}");
        return SteeredService.Of(service, slices);
    }

    /// <summary>kubectl's JSON.</summary>
    public static async Task<JsonElement> JsonAsync(CancellationToken stop, params string[] arguments) =>
        JsonDocument.Parse(await Kubectl.RunAsync(stop, [.. arguments, "-o", "json"])).RootElement;

    /// <summary>Asks again and again until the condition holds.</summary>
    /// <param name="what">What is waited for, for the failure's message.</param>
    /// <param name="limit">The longest wait.</param>
    /// <param name="condition">Gives whether it holds, and the present state for the failure's message.</param>
    /// <param name="stop">Ends the wait.</param>
    public static async Task UntilAsync(string what, TimeSpan limit, Func<Task<(bool Holds, string Seen)>> condition,
        CancellationToken stop)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(stop);
        bound.CancelAfter(limit);
        var seen = "nothing";
        using var timer = new PeriodicTimer(Pause);
        try
        {
            do
            {
                (var holds, seen) = await condition();
                if (holds) return;
            }
            while (await timer.WaitForNextTickAsync(bound.Token));
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new TimeoutException($"Not within {limit.TotalSeconds:0} s: {what}. Last seen: {seen}");
        }
    }

    private static async Task TryAsync(params string[] arguments)
    {
        try
        {
            await Kubectl.RunAsync(CancellationToken.None, arguments);
        }
        catch (InvalidOperationException)
        {
            // It is not there, which is as good.
        }
    }
}
