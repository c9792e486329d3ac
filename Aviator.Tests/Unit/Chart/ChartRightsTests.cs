using Aviator.Tests.Kit;
using k8s;
using k8s.Models;
using Xunit;

namespace Aviator.Tests.Unit.Chart;

/// <summary>
/// The chart's roles give what the shipped ones (config/rbac) give, no more, and nothing outside the namespace that is worked on.
/// </summary>
public sealed class ChartRightsTests
{
    [Theory]
    [InlineData("controller")]
    [InlineData("agent")]
    [InlineData("watchdog")]
    [InlineData("release")]
    public async Task ClusterWide_Rights_AreThoseOfConfigRbac(string component)
    {
        var shipped = Helm.Read(await File.ReadAllTextAsync(Repository.File($"config/rbac/{component}.yaml"),
            TestContext.Current.CancellationToken));
        var rendered = await Helm.RenderAsync(Helm.Current);
        Assert.Equal(Rights(shipped, component), Rights(rendered, component));
    }

    /// <summary>A controller that serves figures for autoscalers may do more, and no more than is shipped for that.</summary>
    [Fact]
    public async Task Autoscaling_Rights_AreThoseOfConfigRbac()
    {
        var shipped = new List<IKubernetesObject<V1ObjectMeta>>();
        string[] files = ["controller.yaml", "autoscaling/controller.yaml", "autoscaling/horizontal-pod-autoscaler.yaml"];
        foreach (var file in files.Select(name => $"config/rbac/{name}"))
            shipped.AddRange(Helm.Read(await File.ReadAllTextAsync(Repository.File(file), TestContext.Current.CancellationToken)));
        var rendered = await Helm.RenderAsync(Helm.Current, "controller.autoscaling.enabled=true");
        Assert.Equal(Rights(shipped, "controller"), Rights(rendered, "controller"));
        // The one role that is not Aviator's, in the one namespace that it is in.
        Assert.Equal(Foreign(shipped), Foreign(rendered));

        static IEnumerable<string> Foreign(IEnumerable<IKubernetesObject<V1ObjectMeta>> objects) => objects.OfType<V1RoleBinding>()
            .Where(binding => binding.Metadata.NamespaceProperty == "kube-system")
            .Select(binding => $"{binding.RoleRef.Kind}/{binding.RoleRef.Name} {binding.Subjects.Single().Name}");
    }

    [Fact]
    public async Task OneNamespace_Rights_EndAtItsBorder()
    {
        var objects = await Helm.RenderAsync(Helm.Current, "watchNamespace=shop");
        Assert.All(objects.OfType<V1ClusterRole>().SelectMany(role => role.Rules).SelectMany(rule => rule.Resources), resource =>
            Assert.Contains(resource, new[] { "nodes", "tokenreviews" }));
        Assert.All(objects.OfType<V1Role>(), role => Assert.Contains(role.Metadata.NamespaceProperty, new[] { "shop", "aviator-system" }));
        Assert.All(objects.OfType<V1Role>().Where(role => role.Metadata.NamespaceProperty == "aviator-system")
            .SelectMany(role => role.Rules).SelectMany(rule => rule.Resources),
            resource => Assert.Contains(resource, new[] { "pods", "leases", "deployments" }));
    }

    [Theory]
    [InlineData("")]
    [InlineData("shop")]
    public async Task AnyMode_NoRight_ReachesSecretsOrWorkloadsOrEverything(string ns)
    {
        var objects = await Helm.RenderAsync(Helm.Current, $"watchNamespace={ns}");
        foreach (var rule in objects.OfType<V1ClusterRole>().SelectMany(role => role.Rules)
            .Concat(objects.OfType<V1Role>().SelectMany(role => role.Rules)))
        {
            Assert.DoesNotContain("secrets", rule.Resources);
            Assert.DoesNotContain("*", rule.Resources.Concat(rule.Verbs).Concat(rule.ApiGroups));
            if (rule.Resources.Intersect(["pods", "nodes", "deployments"]).Any()) Assert.Empty(rule.Verbs.Except(["get", "list", "watch"]));
        }
    }

    [Fact]
    public async Task Agents_Account_ChangesNothing()
    {
        var objects = await Helm.RenderAsync(Helm.Current, "agent.access.mode=open");
        Assert.All(Rights(objects, "agent"), right =>
            Assert.True(right.EndsWith(" list", StringComparison.Ordinal) || right.EndsWith(" watch", StringComparison.Ordinal), right));
    }

    private static IReadOnlyList<string> Rights(IReadOnlyList<IKubernetesObject<V1ObjectMeta>> objects, string component)
    {
        var mine = objects.Where(item =>
            item.Metadata.Labels?.TryGetValue("app.kubernetes.io/component", out var of) == true && of == component).ToList();
        return [.. mine.OfType<V1ClusterRole>().SelectMany(role => role.Rules).Concat(mine.OfType<V1Role>().SelectMany(role => role.Rules))
            .SelectMany(rule => rule.ApiGroups, (rule, group) => (rule, group))
            .SelectMany(pair => pair.rule.Resources, (pair, resource) => (pair.rule, Name: $"{pair.group}/{resource}"))
            .SelectMany(pair => pair.rule.Verbs, (pair, verb) => $"{pair.Name} {string.Join(',', pair.rule.ResourceNames ?? [])} {verb}")
            .Distinct().Order(StringComparer.Ordinal)];
    }
}
