using System.Xml.Linq;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Kit;
using Aviator.Tests.Tooling.Processes;
using k8s.Models;
using Xunit;

namespace Aviator.Tests.Unit.Chart;

/// <summary>What the chart renders, by real Helm, for the oldest and a current Kubernetes.</summary>
public sealed class ChartTests
{
    private const string Crd = "config/crd/aviator.example.com_aviatorpolicies.yaml";

    public static TheoryData<string> Versions { get; } = [Helm.Oldest, Helm.Current];

    [Theory, MemberData(nameof(Versions))]
    public async Task Lint_Strict_FindsNothing(string kubernetes) =>
        Assert.Equal(0, (await Helm.TryAsync("lint", "--strict", "--kube-version", kubernetes, Helm.Chart)).EnsureSuccess().ExitCode);

    [Theory, MemberData(nameof(Versions))]
    public async Task Render_Defaults_AreObjectsOfTheApiWithAProtocolOnEveryPort(string kubernetes)
    {
        var objects = await Helm.RenderAsync(kubernetes);
        Assert.All(objects.OfType<V1Service>().SelectMany(service => service.Spec.Ports), port => Assert.Equal("TCP", port.Protocol));
        Assert.All(Helm.Pods(objects).Values.SelectMany(pod => pod.Spec.Containers).SelectMany(container => container.Ports ?? []), port =>
            Assert.Equal("TCP", port.Protocol));
        Assert.Equal(
            ["aviator-agent", "aviator-controller", "aviator-redis", "aviator-release", "aviator-watchdog"],
                Helm.Pods(objects).Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(Helm.Oldest, "policy/v1beta1", "SYS_ADMIN NET_ADMIN")]
    [InlineData(Helm.Current, "policy/v1", "BPF PERFMON NET_ADMIN")]
    public async Task Render_ByVersion_UsesWhatTheServerAndItsRuntimeKnow(string kubernetes, string policyVersion, string capabilities)
    {
        var objects = await Helm.RenderAsync(kubernetes);
        Assert.Equal(policyVersion, Assert.Single(objects.OfType<V1PodDisruptionBudget>()).ApiVersion);
        Assert.Equal(capabilities.Split(' '), Helm.Pods(objects)["aviator-agent"].Spec.Containers[0].SecurityContext.Capabilities.Add);
    }

    [Theory]
    [InlineData("agent.steering.closeIdle=true", "BPF PERFMON NET_ADMIN SYS_PTRACE")]
    [InlineData("agent.source=probe,agent.steering.closeIdle=true", "")]
    public async Task Render_CloseIdle_AddsTheOneCapability(string values, string capabilities)
    {
        var objects = await Helm.RenderAsync(Helm.Current, values.Split(','));
        Assert.Equal(capabilities.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            Helm.Pods(objects)["aviator-agent"].Spec.Containers[0].SecurityContext.Capabilities.Add);
    }

    [Fact]
    public async Task Render_AnyVersionOfTheChart_SelectsByTheSameLabels()
    {
        // A selector cannot be changed once it is there, so nothing that changes may be in it.
        string[] stable = ["app.kubernetes.io/component", "app.kubernetes.io/instance", "app.kubernetes.io/name"];
        foreach (var item in await Helm.RenderAsync(Helm.Current, "image.tag=9.9.9", "controller.settings.Aviator__Source=probe"))
        {
            var selector = item switch
            {
                V1Deployment deployment => deployment.Spec.Selector.MatchLabels,
                V1DaemonSet daemons => daemons.Spec.Selector.MatchLabels,
                V1Service service => service.Spec.Selector,
                V1PodDisruptionBudget budget => budget.Spec.Selector.MatchLabels,
                _ => null,
            };
            if (selector is not null) Assert.Equal(stable, selector.Keys.Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Render_ChangedSetting_RollsThePodsThatReadIt()
    {
        var before = Helm.Pods(await Helm.RenderAsync(Helm.Current));
        var after = Helm.Pods(await Helm.RenderAsync(Helm.Current, "agent.settings.Agent__SubWindow=00:00:02"));
        Assert.NotEqual(Checksum(before["aviator-agent"]), Checksum(after["aviator-agent"]));
        Assert.Equal(Checksum(before["aviator-controller"]), Checksum(after["aviator-controller"]));

        static string Checksum(V1PodTemplateSpec pod) => pod.Metadata.Annotations["checksum/settings"];
    }

    [Fact]
    public async Task Render_Containers_AreConfinedButForWhatTheAgentNeeds()
    {
        foreach (var (name, pod) in Helm.Pods(await Helm.RenderAsync(Helm.Current)))
        {
            var container = Assert.Single(pod.Spec.Containers);
            Assert.True(container.SecurityContext.ReadOnlyRootFilesystem, name);
            Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
            Assert.NotNull(container.Resources.Limits["memory"]);
            if (name == "aviator-agent") continue;
            Assert.True(pod.Spec.SecurityContext.RunAsNonRoot, name);
            Assert.Equal("RuntimeDefault", pod.Spec.SecurityContext.SeccompProfile.Type);
            Assert.False(container.SecurityContext.AllowPrivilegeEscalation, name);
            Assert.Null(container.SecurityContext.Capabilities.Add);
        }
    }

    [Fact]
    public async Task Render_AgentThatOnlyProbes_HasNoCapabilityAtAll() =>
        Assert.Empty(Helm.Pods(await Helm.RenderAsync(Helm.Current,
            "agent.source=probe"))["aviator-agent"].Spec.Containers[0].SecurityContext.Capabilities.Add ?? []);

    [Fact]
    public async Task Render_ReleaseHook_HasItsRightsBeforeItRuns()
    {
        var hooks = (await Helm.RenderAsync(Helm.Current)).Where(item => item.Metadata.Annotations?.ContainsKey("helm.sh/hook") == true)
            .ToList();
        Assert.All(hooks, hook => Assert.Equal("pre-delete", hook.Metadata.Annotations["helm.sh/hook"]));
        var job = Assert.Single(hooks.OfType<V1Job>());
        Assert.All(hooks.Where(hook => hook is not V1Job), hook =>
            Assert.True(Weight(hook.Metadata) < Weight(job.Metadata), hook.Metadata.Name));
        Assert.Contains(hooks.OfType<V1ServiceAccount>(), account => account.Metadata.Name == job.Spec.Template.Spec.ServiceAccountName);
        Assert.Equal(["release"], job.Spec.Template.Spec.Containers[0].Args);

        static int Weight(V1ObjectMeta metadata) => int.Parse(metadata.Annotations["helm.sh/hook-weight"]);
    }

    [Fact]
    public async Task Render_Definition_IsTheShippedOneAndStaysAfterAnUninstall()
    {
        Assert.Equal(await File.ReadAllTextAsync(Repository.File(Crd), TestContext.Current.CancellationToken),
            await File.ReadAllTextAsync(Path.Combine(Helm.Chart, "files/crd.yaml"), TestContext.Current.CancellationToken));
        var definition = Assert.Single((await Helm.RenderAsync(Helm.Oldest)).OfType<V1CustomResourceDefinition>());
        Assert.Equal("keep", definition.Metadata.Annotations["helm.sh/resource-policy"]);
        Assert.Empty((await Helm.RenderAsync(Helm.Oldest, "crd.install=false")).OfType<V1CustomResourceDefinition>());
    }

    [Fact]
    public async Task Chart_Version_IsTheBuilds()
    {
        var build = XDocument.Load(Repository.File("Directory.Build.props")).Descendants("Version").Single().Value;
        var chart = (await Helm.TryAsync("show", "chart", Helm.Chart)).EnsureSuccess().Output.Split('\n');
        Assert.Contains($"version: {build}", chart);
        Assert.Contains($"appVersion: {build}", chart);
    }

    [Theory]
    [InlineData("dns", "aviator-redis.aviator-system.svc:6379")]
    [InlineData("environment", "$(AVIATOR_REDIS_SERVICE_HOST):$(AVIATOR_REDIS_SERVICE_PORT)")]
    public async Task Render_OwnRedis_IsFoundByNameOrByWhatTheKubeletKnows_ByAUserForEachRole(string discovery, string address)
    {
        var pods = Helm.Pods(await Helm.RenderAsync(Helm.Current, $"redis.internal.discovery={discovery}"));
        foreach (var role in (string[])["controller", "agent"])
        {
            var name = $"aviator-{role}";
            var env = pods[name].Spec.Containers[0].Env;
            var variables = env.Select(variable => variable.Name).ToList();
            Assert.Equal(
                $"{address},user={name},password=$(AVIATOR_REDIS_PASSWORD)",
                env.Single(variable => variable.Name == "ConnectionStrings__redis").Value);
            Assert.Equal(
                $"{role}-password", env.Single(variable => variable.Name == "AVIATOR_REDIS_PASSWORD").ValueFrom.SecretKeyRef.Key);
            // Only what stands before it can be filled in.
            Assert.True(variables.IndexOf("AVIATOR_REDIS_PASSWORD") is >= 0 and var at &&
                at < variables.IndexOf("ConnectionStrings__redis"), name);
        }
    }

    /// <summary>A test of Redis runs those lines, and finds that each role can do its work with them and nothing else.</summary>
    [Fact]
    public async Task Render_OwnRedis_HasTheUsersOfTheDocumentation()
    {
        var objects = await Helm.RenderAsync(Helm.Current);
        var start = objects.OfType<V1ConfigMap>().Single(map => map.Metadata.Name == "aviator-redis").Data["start.sh"];
        var documented = new Documentation("docs/state.md").Block("ACL SETUSER").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, documented.Length);
        Assert.All(documented, line =>
        {
            var words = line.Split(' ');
            Assert.Equal(["ACL", "SETUSER", "reset", "on"], (string[])[words[0], words[1], words[3], words[4]]);
            var rights = string.Join(' ', words[6..]).Replace("%", "%%", StringComparison.Ordinal);
            Assert.Contains($"printf 'user {words[2]} on >%s {rights}\\n'", start, StringComparison.Ordinal);
        });
        Assert.Equal(
            ["agent-password", "controller-password", "password"], Assert.Single(objects.OfType<V1Secret>()).Data.Keys.Order());
    }

    [Fact]
    public async Task Render_ForeignRedis_IsNamedByItsSecretAlone()
    {
        var objects = await Helm.RenderAsync(Helm.Current, "redis.mode=external", "redis.external.existingSecret=mine");
        foreach (var name in (string[])["aviator-agent", "aviator-controller"])
        {
            var variable = Helm.Pods(objects)[name].Spec.Containers[0].Env.Single(candidate =>
                candidate.Name == "ConnectionStrings__redis");
            Assert.Equal(("mine", "connection-string"), (variable.ValueFrom.SecretKeyRef.Name, variable.ValueFrom.SecretKeyRef.Key));
        }

        Assert.Empty(objects.OfType<V1Secret>());
        Assert.DoesNotContain("aviator-redis", Helm.Pods(objects).Keys);
    }

    [Fact]
    public async Task Render_ForeignRedisWithAUserForAgents_GivesEachItsOwnKeyOfTheSecret()
    {
        var pods = Helm.Pods(await Helm.RenderAsync(Helm.Current,
            "redis.mode=external", "redis.external.existingSecret=mine", "redis.external.key=controller", "redis.external.agentKey=agent"));
        foreach (var role in (string[])["agent", "controller"])
        {
            var variable = pods[$"aviator-{role}"].Spec.Containers[0].Env.Single(candidate => candidate.Name == "ConnectionStrings__redis");
            Assert.Equal(("mine", role), (variable.ValueFrom.SecretKeyRef.Name, variable.ValueFrom.SecretKeyRef.Key));
        }
    }

    [Fact]
    public async Task Render_Everything_IsValidToo()
    {
        var text = await Helm.TemplateAsync(Helm.Current,
            "networkPolicy.enabled=true", "networkPolicy.nodeCIDRs={10.0.0.0/16}", "serviceMonitor.enabled=true",
                "image.registry=registry.example.com/team",
            "image.pullSecrets={one}", "controller.priorityClassName=high", "otlpEndpoint=http://collector:4317", "cluster=east");
        var monitor = text.Split("\n---\n").Single(document => document.Contains("kind: ServiceMonitor", StringComparison.Ordinal));
        Assert.Contains("path: /metrics", monitor, StringComparison.Ordinal);
        var objects = Helm.Read(text.Replace(monitor, "", StringComparison.Ordinal)
            .Replace("\n---\n\n---\n", "\n---\n", StringComparison.Ordinal));
        Assert.Equal(3, objects.OfType<V1NetworkPolicy>().Count());
        var controller = Helm.Pods(objects)["aviator-controller"].Spec;
        Assert.StartsWith("registry.example.com/team/aviator-controller:", controller.Containers[0].Image, StringComparison.Ordinal);
        Assert.Equal("/var/run/secrets/aviator", Assert.Single(controller.Containers[0].VolumeMounts).MountPath);
        Assert.Equal("aviator-agent", Assert.Single(controller.Volumes).Projected.Sources[0].ServiceAccountToken.Audience);
    }

    [Fact]
    public async Task Manifests_ForKustomize_NameEveryFile()
    {
        var stop = TestContext.Current.CancellationToken;
        var folder = Directory.CreateTempSubdirectory("aviator-manifests-");
        try
        {
            (await Command.RunAsync([Repository.File("eng/manifests.sh"), Path.Combine(folder.FullName, "base")], cancellationToken: stop))
                .EnsureSuccess();
            var files = Directory.GetFiles(Path.Combine(folder.FullName, "base"), "*.yaml").Select(Path.GetFileName)
                .Where(name => name != "kustomization.yaml").Order(StringComparer.Ordinal);
            var named = (await File.ReadAllLinesAsync(Path.Combine(folder.FullName, "base", "kustomization.yaml"), stop))
                .Where(line => line.StartsWith("  - ", StringComparison.Ordinal)).Select(line => line[4..]);
            Assert.Equal(files, named);
            var objects = files.SelectMany(file => Helm.Read(File.ReadAllText(Path.Combine(folder.FullName, "base", file!)))).ToList();
            Assert.DoesNotContain(objects, item => item.Metadata.Annotations?.ContainsKey("helm.sh/hook") == true);
            Assert.Single(objects.OfType<V1Namespace>());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
