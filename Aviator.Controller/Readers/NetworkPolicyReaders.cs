using System.Text.Json;
using Aviator.Core.Slices;

namespace Aviator.Controller.Readers;

/// <summary>Cilium's network policies that name Services: what pods may be reached is taken from the Service's selector.</summary>
internal static class NetworkPolicyReaders
{
    private static readonly string[] Directions = ["egress", "egressDeny"];

    /// <summary>A CiliumNetworkPolicy.</summary>
    public static Reader Namespaced(ForeignObject policy) => Of("CiliumNetworkPolicy", policy);

    /// <summary>A CiliumClusterwideNetworkPolicy.</summary>
    public static Reader Clusterwide(ForeignObject policy) => Of("CiliumClusterwideNetworkPolicy", policy);

    private static Reader Of(string kind, ForeignObject policy)
    {
        var named = policy.Body.Child("specs").Items().Append(policy.Spec)
            .SelectMany(spec => Directions.SelectMany(direction => spec.Child(direction).Items()))
            .SelectMany(rule => rule.Child("toServices").Items()).ToList();
        return new(
            ReaderNames.Cilium,
            $"{kind} {policy.Path}",
            "toServices allows the pods that the Service's selector matches, which are none while the key is in it, " +
            "so the traffic would be denied",
            service => named.Any(entry => Names(entry, service)));

        bool Names(JsonElement entry, ServiceShape service) =>
            (IsInScope(entry.Child("k8sService"), service) && entry.Text("k8sService", "serviceName") == service.Name)
            || (IsInScope(entry.Child("k8sServiceSelector"), service)
                && entry.Child("k8sServiceSelector", "selector").Matches(service.Labels));

        bool IsInScope(JsonElement reference, ServiceShape service) => reference.ValueKind == JsonValueKind.Object
            && (reference.Text("namespace") is { Length: > 0 } given ? given : policy.Namespace) is var ns
            && (ns.Length == 0 || ns == service.Namespace);
    }
}
