using System.Globalization;
using System.Text.RegularExpressions;
using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Traffic;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>A controller that has nothing to say says nothing: counted by the API server itself, with nothing else going on.</summary>
[Collection(Disruptive.Name)]
public sealed partial class QuietClusterTests(ClusterFixture cluster) : ClusterTest(cluster)
{
    private static readonly TimeSpan AtRest = TimeSpan.FromSeconds(20);

    [Fact, Trait("Catalogue", "36")]
    public async Task SteeredServiceAtRest_NothingChanges_NothingIsWritten()
    {
        await using var traffic = await SteeredAsync();
        var before = await WritesAsync();
        await ElapsedAsync(traffic, AtRest.TotalSeconds);
        var after = await WritesAsync();
        Assert.Equal(before.Others, after.Others);
        // Real latency drifts, and drift may be reported once in 30 s; 40 evaluations have passed.
        Assert.InRange(after.Policies - before.Policies, 0, 1);
        Assert.True((await traffic.StopAsync()).Count > 0);
    }

    [Fact]
    public async Task Restart_SteeredService_NothingIsWritten()
    {
        await using var traffic = await SteeredAsync();
        var before = await InPlaceAsync();
        await Fixture.Controller!.StopAsync(TimeLimits.ProgramEnd);
        await Fixture.StartControllerAsync(null, Stop);
        await ElapsedAsync(traffic, AtRest.TotalSeconds);
        Assert.Equal(before, await InPlaceAsync());
        Assert.True((await traffic.StopAsync()).Count > 0);
    }

    /// <summary>A Service of equal pods, steered, and quiet since its last status.</summary>
    private async Task<TrafficGenerator> SteeredAsync()
    {
        // The server counts for all namespaces, those included that go after their tests.
        await Waiting.UntilAsync("the namespaces of other tests to go", TimeLimits.Seconds(180),
            async () => (await Api.ListAsync($"api/v1/namespaces?labelSelector={TestNamespace.Label}", Stop)).Count == 1, Stop,
                pause: TimeSpan.FromSeconds(1));
        await Workload.AddAsync(Stop, "a", "b", "slow:300");
        var traffic = Traffic(await Workload.ExposeAsync(Stop));
        await ApplyPolicyAsync("selection: {mode: threshold}");
        await SteeredToAsync("a", "b");
        var last = await WritesAsync();
        var since = traffic.Now;
        await Waiting.UntilAsync("the writes to cease", TimeLimits.Seconds(90), async () =>
        {
            if (await WritesAsync() is var now && now != last) (last, since) = (now, traffic.Now);
            return traffic.Now - since > TimeSpan.FromSeconds(6);
        }, Stop, () => last.ToString(), TimeSpan.FromSeconds(1));
        return traffic;
    }

    /// <summary>Requests that change something, as the API server counts them, for the kinds that Aviator writes.</summary>
    private async Task<(string Others, double Policies)> WritesAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Api.Client.BaseUri, "metrics"));
        var client = (k8s.Kubernetes)Api.Client;
        if (client.Credentials is { } credentials) await credentials.ProcessHttpRequestAsync(request, Stop);
        using var answer = await client.HttpClient.SendAsync(request, Stop);
        var text = await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync(Stop);
        var counts = Count().Matches(text).GroupBy(match => match.Groups["resource"].Value).ToDictionary(
            group => group.Key, group => group.Sum(match => double.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture)));
        return (string.Join(", ", counts.Where(entry => entry.Key != "aviatorpolicies").OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => $"{entry.Key} {entry.Value}")),
            counts.GetValueOrDefault("aviatorpolicies"));
    }

    /// <summary>
    /// What stands in the namespace, by version: Service, slices, Aviator's Events. Of the policy what the decision shows in, because a
    /// drift of the latency may be reported in its status at any time.
    /// </summary>
    private async Task<string> InPlaceAsync()
    {
        const string Versions = "-o=jsonpath={range .items[*]}{.kind} {.metadata.name} {.metadata.resourceVersion}{\"\\n\"}{end}";
        const string Decision = "-o=jsonpath={range .items[*]}{.metadata.finalizers} {.status.activePods} {range " +
            ".status.conditions[*]}{.type} {.status} {.lastTransitionTime} {end}{end}";
        return string.Join('\n',
            await Api.Kubectl.RunAsync(["get", "svc,endpointslices", "-n", Namespace, Versions], cancellationToken: Stop),
            await Api.Kubectl.RunAsync(["get", "events", "-n", Namespace, "--field-selector=source=aviator-controller", Versions],
                cancellationToken: Stop),
            await Api.Kubectl.RunAsync(["get", "avp", "-n", Namespace, Decision], cancellationToken: Stop));
    }

    [GeneratedRegex(
        """^apiserver_request_total\{(?=[^}]*verb="(?:POST|PUT|PATCH|DELETE|APPLY)")[^}]*""" +
        """resource="(?<resource>services|endpointslices|aviatorpolicies|events)"[^}]*\} (?<count>\S+)$""",
        RegexOptions.Multiline)]
    private static partial Regex Count();
}
