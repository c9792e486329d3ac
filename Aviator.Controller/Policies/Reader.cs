using System.Text.Json;
using Aviator.Core.Slices;
using Aviator.Kubernetes;

namespace Aviator.Controller.Policies;

/// <summary>Another program that reads a Service's selector or Endpoints, found by its own object.</summary>
/// <param name="Name">Its name, as <see cref="AviatorNames.AllowReadersAnnotation"/> takes it.</param>
/// <param name="Object">The object that says so: "ServiceMonitor monitoring/web".</param>
/// <param name="Effect">What steering would do to it.</param>
/// <param name="Reads">Whether it reads this Service.</param>
internal sealed record Reader(string Name, string Object, string Effect, Func<ServiceShape, bool> Reads);

/// <summary>
/// Recognises readers by their objects, as far as the fields in use go. Pure; an object of a form that is not understood reads nothing.
/// </summary>
internal static class Readers
{
    public const string Prometheus = "prometheus";
    public const string Argo = "argo-rollouts";
    public const string Flagger = "flagger";
    public const string Mesh = "mesh";
    public const string Aws = "aws-load-balancer";

    /// <summary>
    /// A Prometheus ServiceMonitor: it finds Services by label and scrapes what stands in their Endpoints, which are empty while steered.
    /// </summary>
    public static Reader ServiceMonitor(string ns, string name, JsonElement monitor)
    {
        var spec = Child(monitor, "spec");
        var (selector, namespaces) = (Child(spec, "selector"), Child(spec, "namespaceSelector"));
        var any = Child(namespaces, "any").ValueKind == JsonValueKind.True;
        var named = Strings(Child(namespaces, "matchNames")).ToHashSet(StringComparer.Ordinal);
        var byEndpoints = Text(spec, "serviceDiscoveryRole") != "EndpointSlice";
        return new(
            Prometheus,
            $"ServiceMonitor {ns}/{name}",
            "Prometheus would lose the targets, because it reads the Service's Endpoints (serviceDiscoveryRole: EndpointSlice does not)",
            service => byEndpoints && IsInScope(service.Namespace) && Matches(selector, service.Labels));

        bool IsInScope(string candidate) => any || (named.Count == 0 ? candidate == ns : named.Contains(candidate));
    }

    /// <summary>An Argo Rollout: it writes the selectors of the Services that it names.</summary>
    public static Reader Rollout(string ns, string name, JsonElement rollout)
    {
        var strategy = Child(Child(rollout, "spec"), "strategy");
        var (blueGreen, canary) = (Child(strategy, "blueGreen"), Child(strategy, "canary"));
        string[] services =
        [
            Text(blueGreen, "activeService"), Text(blueGreen, "previewService"),
            Text(canary, "stableService"), Text(canary, "canaryService"),
        ];
        var named = services.Where(service => service.Length > 0).ToHashSet(StringComparer.Ordinal);
        return new(
            Argo,
            $"Rollout {ns}/{name}",
            "Argo Rollouts writes the Service's selector itself and rejects a rollout when it finds another key in it",
            service => service.Namespace == ns && named.Contains(service.Name));
    }

    /// <summary>A Flagger Canary: it creates and overwrites the Services of its target.</summary>
    public static Reader Canary(string ns, string name, JsonElement canary)
    {
        var spec = Child(canary, "spec");
        var service = Text(Child(spec, "service"), "name") is { Length: > 0 } given ? given : Text(Child(spec, "targetRef"), "name");
        string[] named = service.Length > 0 ? [service, $"{service}-primary", $"{service}-canary"] : [];
        return new(
            Flagger,
            $"Canary {ns}/{name}",
            "Flagger overwrites the Service's selector",
            candidate => candidate.Namespace == ns && named.Contains(candidate.Name, StringComparer.Ordinal));
    }

    private static bool Matches(JsonElement selector, LabelSet labels)
    {
        var byLabel = Child(selector, "matchLabels");
        if (byLabel.ValueKind == JsonValueKind.Object && !byLabel.EnumerateObject().All(IsCarried)) return false;
        var expressions = Child(selector, "matchExpressions");
        return expressions.ValueKind != JsonValueKind.Array || expressions.EnumerateArray().All(expression => Holds(expression, labels));

        bool IsCarried(JsonProperty label) => labels.Get(label.Name) == label.Value.ToString();
    }

    private static bool Holds(JsonElement expression, LabelSet labels)
    {
        var value = labels.Get(Text(expression, "key"));
        var listed = value is not null && Strings(Child(expression, "values")).Contains(value, StringComparer.Ordinal);
        return Text(expression, "operator") switch
        {
            "In" => listed,
            "NotIn" => !listed,
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            _ => false,
        };
    }

    private static JsonElement Child(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var child) ? child : default;

    private static string Text(JsonElement element, string name) =>
        Child(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";

    private static IEnumerable<string> Strings(JsonElement list) => list.ValueKind == JsonValueKind.Array
        ? list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)
        : [];
}
