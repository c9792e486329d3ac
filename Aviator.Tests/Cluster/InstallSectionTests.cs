using System.Net;
using System.Text.RegularExpressions;
using Aviator.Tests.Cluster.Fixtures;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Kit;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Processes;
using Aviator.Tests.Tooling.Traffic;
using Xunit;

namespace Aviator.Tests.Cluster;

/// <summary>
/// The lines of docs/install.md and docs/getting-started.md, run as they are printed. The registry that they name exists by name alone: the
/// test cluster's engine holds images of these names, so no pull is needed. The cluster has no DNS, so Redis is there and is not found by
/// its name.
/// </summary>
[Collection(Disruptive.Name)]
public sealed class InstallSectionTests(ClusterFixture cluster) : ClusterTest(cluster)
{
    private const string Home = "aviator-system";
    private const string Service = "echo";
    private const string Registry = "registry.example.com/team";

    private readonly List<string> _images = [];
    private readonly Documentation _readme = new("README.md");
    private readonly Documentation _installing = new("docs/install.md");
    private readonly Documentation _tutorial = new("docs/getting-started.md");
    private string _folder = "";

    public override async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("AVIATOR_E2E_IMAGES") is null or "",
            "The images are built for the test cluster alone: run 'make test-e2e' without KUBECONFIG_E2E.");
        await base.InitializeAsync();
        // The chart's agent wants the port of the one that all other tests use.
        await Fixture.Controller!.StopAsync(TimeLimits.ProgramEnd);
        await Fixture.Agent!.StopAsync(TimeLimits.ProgramEnd);
        _folder = Directory.CreateTempSubdirectory("aviator-install-").FullName;
        foreach (var part in new[] { "config", "deploy", "eng" })
            Directory.CreateSymbolicLink(Path.Combine(_folder, part), Repository.File(part));
        await NameImagesAsync();
        // Tests of the accounts that are shipped leave it, empty.
        await RemoveHomeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        try
        {
            if (TestContext.Current.TestState?.Result == TestResult.Failed)
            {
                TestContext.Current.TestOutputHelper?.WriteLine(
                    (await Api.Kubectl.TryAsync(["get", "pods,events", "-n", Home, "-o", "wide"])).Output);
                await Command.RunAsync([Repository.File("eng/helm.sh"), "uninstall", "aviator", "-n", Home, "--no-hooks"],
                    limit: TimeLimits.Seconds(120));
            }

            if (_folder.Length > 0)
            {
                await RemoveHomeAsync();
                foreach (var image in _images) await Command.RunAsync(["docker", "image", "rm", "--no-prune", image]);
                Directory.Delete(_folder, recursive: true);
            }
        }
        finally
        {
            await base.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Documents_OnACluster_EveryLineDoesWhatItSays()
    {
        // Installing, over a definition that kubectl put there before, as make install does.
        var pods = (await RunAsync(_installing.Block("helm install aviator"))).Split('\n');
        foreach (var (component, replicas) in new[] { ("controller", 2), ("agent", 1), ("redis", 1), ("watchdog", 1) })
            Assert.Equal(replicas, pods.Count(line =>
                line.StartsWith($"aviator-{component}-", StringComparison.Ordinal) && line.Contains("1/1", StringComparison.Ordinal)));

        // The README's policy.
        await File.WriteAllTextAsync(Path.Combine(_folder, "web.yaml"), _readme.Block("kind: AviatorPolicy"), Stop);
        await RunAsync("kubectl apply --dry-run=server -f web.yaml");

        // The tutorial: two fast and two slow pods, and traffic.
        await RunAsync(_tutorial.Block("config/samples/workload.yaml"));
        await ShapeBecomesAsync("the default slices to hold all pods", shape => shape.Ready.Count == 4, service: Service);
        var original = await ShapeAsync(Service);
        await using var load = ChildProcess.Start("load", Bash($"exec {_tutorial.Block("eng/demo/load.sh")}"),
            new Dictionary<string, string>(), Path.Combine(_folder, "load.log"));
        await using var traffic = Traffic(await AddressAsync());

        // Observe.
        await File.WriteAllTextAsync(Path.Combine(_folder, "echo.yaml"), _tutorial.Block("kind: AviatorPolicy"), Stop);
        await RunAsync(_tutorial.Block("kubectl apply -f echo.yaml"));
        var description = "";
        await Waiting.UntilAsync("the policy to say what it would do", DecisionLimit, async () =>
        {
            description = await RunAsync("kubectl describe avp echo");
            return Regex.IsMatch(description, @"Latency Source:\s+ebpf") && description.Contains("unselected:", StringComparison.Ordinal);
        }, Stop, () => description);
        Assert.Equal(original.Describe(), (await ShapeAsync(Service)).Describe());

        // Steer.
        var (fast, slow) = (await AddressesAsync("fast"), await AddressesAsync("slow"));
        await RunAsync(_tutorial.Block("kubectl patch avp echo"));
        await ShapeBecomesAsync("the Service to be steered to the fast pods", shape =>
            shape.IsSteered && shape.OwnReady.SetEquals(fast), service: Service);
        Assert.Contains("echo-aviator-v4-1", await RunAsync(_tutorial.Block("kubectl get endpointslices")), StringComparison.Ordinal);

        // Pods change places.
        await RunAsync(_tutorial.Block("eng/demo/delay.sh"));
        await ShapeBecomesAsync("traffic to follow", shape => shape.OwnReady.SetEquals([fast[1], slow[0]]), 2 * DecisionLimit, Service);
        Assert.Contains("SelectionChanged", await RunAsync(_tutorial.Block("kubectl get events")), StringComparison.Ordinal);

        // Hand the Service back.
        Assert.DoesNotContain("aviator.io/steered", await RunAsync(_tutorial.Block("kubectl delete avp echo")), StringComparison.Ordinal);
        Assert.Equal(original.Describe(), (await ShapeAsync(Service)).Describe());

        // An uninstall does so, too; policy and definition stay, and can be deleted without a controller.
        await RunAsync(_tutorial.Block("kubectl apply -f echo.yaml"));
        await RunAsync(_tutorial.Block("kubectl patch avp echo"));
        await ShapeBecomesAsync("the Service to be steered again", shape => shape.IsSteered, service: Service);
        await RunAsync(_readme.Command("helm uninstall"));
        Assert.Equal(original.Describe(), (await ShapeAsync(Service)).Describe());
        await RunAsync("kubectl get crd aviatorpolicies.aviator.example.com && kubectl get avp echo");
        await RunAsync(_tutorial.Block("kubectl delete avp echo"));
        await NothingLostAsync(traffic);
        await load.StopAsync(TimeLimits.ProgramEnd);
        var rounds = File.ReadLines(load.LogPath).Where(line => line.Contains(" requests, ", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(rounds);
        Assert.All(rounds, round => Assert.Contains("no failures", round, StringComparison.Ordinal));
    }

    /// <summary>Pods that end, and the server's own pauses between two looks, add up to more than a minute.</summary>
    private async Task RemoveHomeAsync() => (await Command.RunAsync(
        ["kubectl", "--kubeconfig", Api.Kubeconfig, "delete", "namespace", Home, "--ignore-not-found"], limit: TimeLimits.Seconds(180)))
            .EnsureSuccess();

    /// <summary>Gives the images the names that the document's line leads to.</summary>
    private async Task NameImagesAsync()
    {
        var chart = await File.ReadAllTextAsync(Repository.File("deploy/chart/aviator/Chart.yaml"), Stop);
        var version = Regex.Match(chart, @"^appVersion: (\S+)$", RegexOptions.Multiline).Groups[1].Value;
        var built = Environment.GetEnvironmentVariable("AVIATOR_E2E_IMAGES");
        foreach (var component in new[] { "controller", "agent", "watchdog" })
            await NameAsync($"aviator-{component}:{built}", $"{Registry}/aviator-{component}:{version}");
        var values = await File.ReadAllTextAsync(Repository.File("deploy/chart/aviator/values.yaml"), Stop);
        var redis = Regex.Match(values, @"image: \{repository: (\S+redis), tag: ""(\S+)""");
        await NameAsync(Environment.GetEnvironmentVariable("AVIATOR_REDIS_IMAGE")!, $"{redis.Groups[1].Value}:{redis.Groups[2].Value}");
    }

    private async Task NameAsync(string image, string name)
    {
        (await Command.RunAsync(["docker", "tag", image, name], cancellationToken: Stop)).EnsureSuccess();
        _images.Add(name);
    }

    private async Task<IPEndPoint> AddressAsync()
    {
        var service = (await Api.GetAsync($"api/v1/namespaces/{Namespace}/services/{Service}", Stop))!.Value;
        var target = new IPEndPoint(IPAddress.Parse(service.GetProperty("spec").GetProperty("clusterIP").GetString()!), 80);
        await Reachable.WaitAsync(target, Stop);
        return target;
    }

    /// <summary>The addresses of a variant's pods, in the order in which the tutorial takes the first.</summary>
    private async Task<string[]> AddressesAsync(string variant) =>
        (await RunAsync($"kubectl get pods -l variant={variant} -o 'jsonpath={{.items[*].status.podIP}}'"))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private async Task<string> RunAsync(string lines)
    {
        var result = await Command.RunAsync(Bash(lines), limit: TimeLimits.Collection, cancellationToken: Stop);
        TestContext.Current.TestOutputHelper?.WriteLine($"$ {lines}\n{result.Output}{result.Error}");
        return result.EnsureSuccess().Output;
    }

    /// <summary>
    /// Runs lines as a user does: in a folder that has the chart, the samples and the commands where the checkout has them, with helm on
    /// the PATH, and the test's namespace as the current one.
    /// </summary>
    private string[] Bash(string lines) =>
    [
        "env", "-C", AviatorProgram.Root, $"NAMESPACE={Namespace}", "bash", "-euo", "pipefail", "-c", $"""
            kubeconfig=$(mktemp -p '{_folder}')
            cp '{Api.Kubeconfig}' "$kubeconfig"
            export KUBECONFIG=$kubeconfig
            kubectl config set-context --current --namespace '{Namespace}' >&2
            helm=$(eng/helm.sh --where)
            export PATH=$PATH:${"{helm%/*}"}
            cd '{_folder}'
            {lines}
            """,
    ];
}
