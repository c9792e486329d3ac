using System.Text.Json;
using Aviator.Kubernetes;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Kubernetes;
using Aviator.Tests.Tooling.Traffic;
using k8s;
using Xunit;

namespace Aviator.Tests.Cluster.Fixtures;

/// <summary>
/// A test on the real cluster: its own namespace, agent and controller running, and all that explains a failure in its output.
/// </summary>
public abstract class ClusterTest(ClusterFixture cluster) : IAsyncLifetime
{
    /// <summary>The longest wait for a decision to show.</summary>
    protected static readonly TimeSpan DecisionLimit = TimeLimits.Decision;

    /// <summary>The longest wait for a release, own slices gone included.</summary>
    protected static readonly TimeSpan ReleaseLimit = TimeLimits.Release;

    private const string PolicyName = "policy";

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected string Namespace { get; private set; } = "";

    protected ClusterFixture Fixture => cluster;

    private protected ClusterApi Api => cluster.Api;

    private protected Workload Workload { get; private set; } = null!;

    public virtual async ValueTask InitializeAsync()
    {
        await cluster.RequireAsync(Stop);
        await cluster.RunAviatorAsync(Stop);
        Namespace = await TestNamespace.CreateAsync(Api, Stop);
        Workload = new(Api, Namespace);
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (Namespace.Length == 0) return;
        try
        {
            if (TestContext.Current.TestState?.Result == TestResult.Failed) await ReportAsync();
        }
        finally
        {
            await TestNamespace.RemoveAsync(Api, Namespace, CancellationToken.None);
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Applies a policy for the usual Service.</summary>
    protected Task ApplyPolicyAsync(string spec = "") => Workload.ApplyAsync(PolicyText.For(Workload.Service, spec, PolicyName), Stop);

    protected Task DeletePolicyAsync() => Api.Client.CustomObjects.DeleteNamespacedCustomObjectAsync(
        AviatorNames.Group, AviatorNames.Version, Namespace, AviatorNames.Plural, PolicyName, cancellationToken: Stop);

    private protected async Task<ObservedService> ShapeAsync(string service = Workload.Service) =>
        await Api.ShapeAsync(Namespace, service, Stop) ?? throw new InvalidOperationException($"No Service {service}.");

    /// <summary>Waits until the Service's shape is as wanted.</summary>
    /// <returns>How long it took.</returns>
    private protected async Task<TimeSpan> ShapeBecomesAsync(string what, Func<ObservedService, bool> condition, TimeSpan? limit = null,
        string service = Workload.Service)
    {
        var last = "no such Service";
        return await Waiting.UntilAsync(what, limit ?? DecisionLimit, async () =>
        {
            if (await Api.ShapeAsync(Namespace, service, Stop) is not { } shape) return false;
            last = shape.Describe();
            return condition(shape);
        }, Stop, () => last, TimeSpan.FromMilliseconds(50));
    }

    /// <summary>Waits until Kubernetes publishes nothing and Aviator just the named pods as ready.</summary>
    protected Task<TimeSpan> SteeredToAsync(params IEnumerable<string> pods)
    {
        var wanted = Workload.Addresses(pods);
        return ShapeBecomesAsync($"the Service to be steered to {string.Join(", ", pods)} ({string.Join(", ", wanted)})", s =>
            s.IsSteered && s.OwnReady.SetEquals(wanted));
    }

    /// <summary>Waits until the Service is exactly as it was.</summary>
    private protected Task<TimeSpan> ReleasedAsync(ObservedService original) =>
        ShapeBecomesAsync($"the Service to be as before:\n{original.Describe()}", s => s.Describe() == original.Describe(), ReleaseLimit);

    /// <summary>The policy's condition of a type; null when it has none.</summary>
    protected async Task<(string Status, string Reason, string Message)?> ConditionAsync(string type, string name = PolicyName)
    {
        if (await Api.PolicyAsync(Namespace, name, Stop) is not { } policy || !policy.TryGetProperty("status", out var status) ||
            !status.TryGetProperty("conditions", out var conditions)) return null;
        foreach (var condition in conditions.EnumerateArray())
            if (Text(condition, "type") == type)
                return (Text(condition, "status"), Text(condition, "reason"), Text(condition, "message"));
        return null;
    }

    /// <summary>Waits until the policy's condition is as wanted.</summary>
    protected async Task ConditionBecomesAsync(
        string type, string status, string? reason = null, TimeSpan? limit = null, string name = PolicyName)
    {
        (string Status, string Reason, string Message)? last = null;
        await Waiting.UntilAsync($"condition {type}={status} {reason}", limit ?? DecisionLimit, async () =>
        {
            last = await ConditionAsync(type, name);
            return last?.Status == status && (reason is null || last?.Reason == reason);
        }, Stop, () => last?.ToString() ?? "no such condition");
    }

    /// <summary>Traffic to <paramref name="target"/>, a new connection for each request.</summary>
    private protected static TrafficGenerator Traffic(System.Net.IPEndPoint target, double requestsPerSecond = 60) =>
        TrafficGenerator.Start(new() { Target = target, RequestsPerSecond = requestsPerSecond });

    /// <summary>Waits until so much time of traffic has passed.</summary>
    private protected static Task ElapsedAsync(TrafficGenerator traffic, double seconds)
    {
        var until = traffic.Now + TimeSpan.FromSeconds(seconds);
        return Waiting.UntilAsync($"{seconds} s of traffic", TimeLimits.Seconds(seconds + 10), () =>
            Task.FromResult(traffic.Now >= until), Stop);
    }

    /// <summary>Ends the traffic and holds that every single request was answered.</summary>
    private protected static async Task<TrafficSnapshot> NothingLostAsync(TrafficGenerator traffic)
    {
        var all = await traffic.StopAsync();
        Assert.True(all.Count > 0, "no traffic was sent");
        Assert.True(all.Failures.Count == 0, $"of {all.Count} requests: {all.DescribeFailures()}");
        return all;
    }

    private static string Text(JsonElement of, string name) => of.TryGetProperty(name, out var value) ? value.ToString() : "";

    private async Task ReportAsync()
    {
        var output = TestContext.Current.TestOutputHelper;
        var objects = await Api.Kubectl.TryAsync(["get", "avp,svc,endpointslices,pods,events", "-n", Namespace, "-o", "wide"]);
        output?.WriteLine(objects.Output + objects.Error);
        output?.WriteLine((await Api.Kubectl.TryAsync(["get", "avp,svc,endpointslices", "-n", Namespace, "-o", "yaml"])).Output);
        foreach (var process in new[] { cluster.Controller, cluster.Agent })
            if (process is not null)
                output?.WriteLine($"--- {process.Name}{(process.HasExited ? " (ended)" : "")}\n{process.Tail()}");
    }
}
