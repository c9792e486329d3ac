using System.Text.Json.Nodes;
using Aviator.Core.Slices;

namespace Aviator.Controller.Steering;

/// <summary>A twin as it is written: the Service's ports and frontend, the mark, and the owner. Pure.</summary>
internal static class TwinBody
{
    /// <summary>The whole twin, without a selector: only Aviator fills its slices.</summary>
    public static JsonObject Create(ServiceShape source)
    {
        var spec = Spec(source);
        spec["type"] = "ClusterIP";
        return Pruned(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Service",
            ["metadata"] = new JsonObject
            {
                ["name"] = TwinNames.ForService(source.Name),
                ["namespace"] = source.Namespace,
                ["labels"] = new JsonObject(
                    TwinNames.LabelsOf(source.Name).All.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value))),
                ["annotations"] = Topology(source),

                // Not the policy: its finalizer sees to the twin, and removing that by force must not take the clients' Service away.
                ["ownerReferences"] = new JsonArray(new JsonObject
                {
                    ["apiVersion"] = "v1",
                    ["kind"] = "Service",
                    ["name"] = source.Name,
                    ["uid"] = source.Uid,
                    ["controller"] = true,
                }),
            },
            ["spec"] = spec,
        });
    }

    /// <summary>A merge patch that brings a twin in step; null in it takes a field away.</summary>
    public static JsonObject Align(ServiceShape source, ServiceShape twin)
    {
        var spec = Spec(source);
        if (TwinPlan.IsSelectorBehind(source, twin)) spec["selector"] = Select([], twin with { TwinOf = source });
        return new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["uid"] = twin.Uid,
                ["resourceVersion"] = twin.ResourceVersion,
                ["annotations"] = Topology(source),
            },
            ["spec"] = spec,
        };
    }

    /// <summary>Puts what turns a twin's selector into its Service's own into a merge patch of it.</summary>
    public static JsonObject Select(JsonObject selector, ServiceShape twin)
    {
        foreach (var (key, _) in twin.Selector.All) selector[key] = null;
        foreach (var (key, value) in twin.PodSelector.All) selector[key] = value;
        return selector;
    }

    private static JsonObject Spec(ServiceShape source)
    {
        var frontend = source.Frontend;
        return new JsonObject
        {
            ["ports"] = new JsonArray([.. source.Ports.Select(Port)]),
            ["sessionAffinity"] = frontend.SessionAffinity,
            ["sessionAffinityConfig"] = frontend.AffinitySeconds is { } seconds
                ? new JsonObject { ["clientIP"] = new JsonObject { ["timeoutSeconds"] = seconds } }
                : null,
            ["ipFamilies"] = frontend.Families.Count == 0 ? null : new JsonArray([.. frontend.Families.Select(family => (JsonNode)family)]),
            ["ipFamilyPolicy"] = frontend.FamilyPolicy,
            ["internalTrafficPolicy"] = frontend.InternalTrafficPolicy,
            ["trafficDistribution"] = frontend.TrafficDistribution,
        };
    }

    private static JsonNode Port(ServicePort port) => Pruned(new JsonObject
    {
        ["name"] = port.Name.Length == 0 ? null : port.Name,
        ["protocol"] = port.Protocol,
        ["port"] = port.Port,
        ["targetPort"] = port.TargetName is { } name ? (JsonNode)name : (JsonNode?)port.TargetNumber,
        ["appProtocol"] = port.AppProtocol,
    });

    private static JsonObject Topology(ServiceShape source) => new(ServiceFrontend.TopologyAnnotations
        .Select(annotation => KeyValuePair.Create(annotation, (JsonNode?)source.Frontend.Topology.Get(annotation))));

    /// <summary>An object that is created has no fields to take away.</summary>
    private static JsonObject Pruned(JsonObject body)
    {
        foreach (var (name, value) in body.ToList())
        {
            if (value is null) body.Remove(name);
            else if (value is JsonObject inner) Pruned(inner);
        }

        return body;
    }
}
