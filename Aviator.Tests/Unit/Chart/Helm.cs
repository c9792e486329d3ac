using Aviator.Tests.Kit;
using Aviator.Tests.Tooling.Processes;
using k8s;
using k8s.Models;
using Xunit;

namespace Aviator.Tests.Unit.Chart;

/// <summary>Real Helm on the chart, and what it renders as the API's own types: a field that the API does not know is a fault.</summary>
internal static class Helm
{
    /// <summary>The oldest Kubernetes that the chart is for.</summary>
    public const string Oldest = "1.20.2";

    /// <summary>A current one.</summary>
    public const string Current = "1.35.0";

    /// <summary>Kinds that the client's own list lacks: PodDisruptionBudget had the same fields before v1.</summary>
    private static readonly Dictionary<string, Type> Kinds =
        new() { ["policy/v1beta1/PodDisruptionBudget"] = typeof(V1PodDisruptionBudget) };

    public static string Chart { get; } = Repository.File("deploy/chart/aviator");

    /// <summary>Runs it, whatever the outcome; fetches it first where it is missing.</summary>
    public static Task<CommandResult> TryAsync(params IEnumerable<string> arguments) => Command.RunAsync(
        [Repository.File("eng/helm.sh"), .. arguments], limit: TimeSpan.FromMinutes(3),
            cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>The manifests for a version of Kubernetes, as text; <paramref name="values"/> are <c>--set</c> pairs.</summary>
    public static async Task<string> TemplateAsync(string kubernetes, params IEnumerable<string> values) =>
        (await TryAsync(["template", "aviator", Chart, "--namespace", "aviator-system", "--kube-version", kubernetes,
            .. values.SelectMany(value => new[] { "--set", value })]))
        .EnsureSuccess().Output;

    /// <summary>The same as objects.</summary>
    public static async Task<IReadOnlyList<IKubernetesObject<V1ObjectMeta>>> RenderAsync(
        string kubernetes, params IEnumerable<string> values) =>
        Read(await TemplateAsync(kubernetes, values));

    /// <summary>Reads manifests strictly.</summary>
    public static IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Read(string manifests) =>
        [.. KubernetesYaml.LoadAllFromString(manifests, Kinds, strict: true).Cast<IKubernetesObject<V1ObjectMeta>>()];

    /// <summary>The pods that the objects start, by their workload's name.</summary>
    public static IReadOnlyDictionary<string, V1PodTemplateSpec> Pods(IEnumerable<IKubernetesObject<V1ObjectMeta>> objects) => objects
        .Select(item => (item.Metadata.Name, Template: item switch
        {
            V1Deployment deployment => deployment.Spec.Template,
            V1DaemonSet daemons => daemons.Spec.Template,
            V1Job job => job.Spec.Template,
            _ => null,
        }))
        .Where(pod => pod.Template is not null).ToDictionary(pod => pod.Name, pod => pod.Template!);
}
