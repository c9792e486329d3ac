using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Aviator.Controller.Api.V1Alpha1;

namespace Aviator.Controller.Status;

/// <summary>Turns a status into the JSON merge patch of the status subresource.</summary>
internal static class StatusPatch
{
    private static readonly JsonSerializerOptions Json = CreateOptions();

    /// <summary>
    /// The patch. A figure that is unknown now is written as null, which removes it (a merge patch keeps what it does not name);
    /// rows of a list are replaced as a whole, so unknown figures are left out of them.
    /// </summary>
    /// <param name="status">The whole status.</param>
    /// <param name="resourceVersion">The version decided on: the server refuses the patch when another writer was first.</param>
    public static JsonObject Create(AviatorPolicyStatus status, string resourceVersion)
    {
        var body = JsonSerializer.SerializeToNode(status, Json)!.AsObject();
        foreach (var property in Json.GetTypeInfo(typeof(AviatorPolicyStatus)).Properties)
        {
            if (!body.ContainsKey(property.Name))
                body[property.Name] = null;
        }
        return new() { ["metadata"] = new JsonObject { ["resourceVersion"] = resourceVersion }, ["status"] = body };
    }

    private static JsonSerializerOptions CreateOptions()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver(),
        };
        options.Converters.Add(new k8s.KubernetesJson.KubernetesDateTimeOffsetConverter());
        options.MakeReadOnly();
        return options;
    }
}
