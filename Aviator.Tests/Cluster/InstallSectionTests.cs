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
/// The README's lines for a cluster of one's own, run as they are printed. The registry that they name is stood in for by the names alone: the
/// images carry them in the test cluster's engine, where no pull is needed then. The cluster has no DNS, so Redis is there and not found by its name.
/// </summary>
[Collection(Disruptive.Name)]
public sealed class InstallSectionTests(ClusterFixture cluster) : ClusterTest(cluster)
{
    private const string Home = "aviator-system";
    private const string Registry = "registry.example.com/team";

    private readonly List<string> _images = [];
    private readonly Documentation _readme = new("README.md");
    private string _folder = "";

    public override async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("AVIATOR_E2E_IMAGES") is null or "", "The images are built for the test cluster alone: run 'make test-e2e' without KUBECONFIG_E2E.");
        await base.InitializeAsync();
        // The chart's agent wants the port of the one that all other tests use.
        await Fixture.Controller!.StopAsync(TimeSpan.FromSeconds(10));
        await Fixture.Agent!.StopAsync(TimeSpan.FromSeconds(10));
        _folder = Directory.CreateTempSubdirectory("aviator-install-").FullName;
        Directory.CreateSymbolicLink(Path.Combine(_folder, "deploy"), Repository.File("deploy"));
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
                TestContext.Current.TestOutputHelper?.WriteLine((await Api.Kubectl.TryAsync(["get", "pods,events", "-n", Home, "-o", "wide"])).Output);
                await Command.RunAsync([Repository.File("eng/helm.sh"), "uninstall", "aviator", "-n", Home, "--no-hooks"], limit: TimeSpan.FromMinutes(2));
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
    public async Task Readme_OnAClusterOfYourOwn_EveryLineDoesWhatItSays()
    {
        await Workload.AddAsync(Stop, "a", "b", "slow:300", "slower:300");
        await Workload.ApplyAsync(Workload.ServiceManifest().Replace($"name: {Workload.Service}\n", "name: web\n", StringComparison.Ordinal), Stop);
        await ShapeBecomesAsync("the default slices to hold all pods", shape => shape.Ready.Count == 4, service: "web");
        var original = await ShapeAsync("web");

        // Over a definition that kubectl put there before, as make install does.
        var pods = (await RunAsync(_readme.Block("helm install"))).Split('\n');
        foreach (var (component, replicas) in new[] { ("controller", 2), ("agent", 1), ("redis", 1), ("watchdog", 1) })
            Assert.Equal(replicas, pods.Count(line => line.StartsWith($"aviator-{component}-", StringComparison.Ordinal) && line.Contains("1/1", StringComparison.Ordinal)));

        // "Then write a policy, as above; begin with mode: Observe."
        await File.WriteAllTextAsync(Path.Combine(_folder, "web.yaml"), _readme.Block("kind: AviatorPolicy"), Stop);
        var steps = _readme.Block("kubectl apply -f web.yaml").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["kubectl apply", "kubectl describe", "kubectl patch", "kubectl delete"], steps.Select(step => string.Join(' ', step.Split(' ').Take(2))));
        await using var traffic = Traffic(await AddressAsync());
        await RunAsync(steps[0]);
        var said = "";
        await Waiting.UntilAsync("the policy to say what it would do", DecisionLimit, async () =>
        {
            said = await RunAsync(steps[1]);
            return Regex.IsMatch(said, @"Latency Source:\s+ebpf") && said.Contains("unselected:", StringComparison.Ordinal);
        }, Stop, () => said);
        Assert.Equal(original.Describe(), (await ShapeAsync("web")).Describe());
        await RunAsync(steps[2]);
        var fast = Workload.Addresses("a", "b");
        await ShapeBecomesAsync("the Service to be steered to a and b", shape => shape.IsSteered && shape.OwnReady.SetEquals(fast), service: "web");

        // The Service comes back; policy and definition stay, and can be deleted without a controller.
        await RunAsync(_readme.Command("helm uninstall"));
        Assert.Equal(original.Describe(), (await ShapeAsync("web")).Describe());
        await RunAsync("kubectl get crd aviatorpolicies.aviator.example.com && kubectl get avp web");
        await RunAsync(steps[3]);
        await NothingLostAsync(traffic);
    }

    /// <summary>Pods that end, and the server's own pauses between two looks, add up to more than a minute.</summary>
    private async Task RemoveHomeAsync() => (await Command.RunAsync(
        ["kubectl", "--kubeconfig", Api.Kubeconfig, "delete", "namespace", Home, "--ignore-not-found"], limit: TimeSpan.FromMinutes(3))).EnsureSuccess();

    /// <summary>Gives the images the names that the README's line leads to.</summary>
    private async Task NameImagesAsync()
    {
        var chart = await File.ReadAllTextAsync(Repository.File("deploy/chart/aviator/Chart.yaml"), Stop);
        var version = Regex.Match(chart, @"^appVersion: (\S+)$", RegexOptions.Multiline).Groups[1].Value;
        var built = Environment.GetEnvironmentVariable("AVIATOR_E2E_IMAGES");
        foreach (var component in new[] { "controller", "agent", "watchdog" }) await NameAsync($"aviator-{component}:{built}", $"{Registry}/aviator-{component}:{version}");
        var redis = Regex.Match(await File.ReadAllTextAsync(Repository.File("deploy/chart/aviator/values.yaml"), Stop), @"image: \{repository: (\S+redis), tag: ""(\S+)""");
        await NameAsync(Environment.GetEnvironmentVariable("AVIATOR_REDIS_IMAGE")!, $"{redis.Groups[1].Value}:{redis.Groups[2].Value}");
    }

    private async Task NameAsync(string image, string name)
    {
        (await Command.RunAsync(["docker", "tag", image, name], cancellationToken: Stop)).EnsureSuccess();
        _images.Add(name);
    }

    private async Task<IPEndPoint> AddressAsync()
    {
        var service = (await Api.GetAsync($"api/v1/namespaces/{Namespace}/services/web", Stop))!.Value;
        var target = new IPEndPoint(IPAddress.Parse(service.GetProperty("spec").GetProperty("clusterIP").GetString()!), 80);
        await Reachable.WaitAsync(target, Stop);
        return target;
    }

    /// <summary>Runs lines as a user does: in a folder that has the chart where the checkout has it, with helm on the PATH, and the namespace of the Service as the current one.</summary>
    private async Task<string> RunAsync(string lines)
    {
        var script = $"""
            cp '{Api.Kubeconfig}' '{_folder}/kubeconfig'
            export KUBECONFIG='{_folder}/kubeconfig'
            kubectl config set-context --current --namespace '{Namespace}' >&2
            helm=$(eng/helm.sh --where)
            export PATH=$PATH:${"{helm%/*}"}
            cd '{_folder}'
            {lines}
            """;
        var result = await Command.RunAsync(["env", "-C", AviatorProgram.Root, "bash", "-euo", "pipefail", "-c", script], limit: TimeSpan.FromMinutes(4), cancellationToken: Stop);
        TestContext.Current.TestOutputHelper?.WriteLine($"$ {lines}\n{result.Output}{result.Error}");
        return result.EnsureSuccess().Output;
    }
}
