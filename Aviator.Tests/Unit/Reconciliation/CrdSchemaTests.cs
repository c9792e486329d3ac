using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Core.Decisions.Selection;
using Aviator.Core.Measurement;
using Aviator.Tests.Kit;
using k8s;
using k8s.Models;
using Xunit;

namespace Aviator.Tests.Unit.Reconciliation;

/// <summary>
/// The shipped schema and the C# types say the same: field names, defaults, and defaults that a server would really fill in.
/// </summary>
public sealed class CrdSchemaTests
{
    /// <summary>
    /// With its resolver named: options that nothing was read or written by yet have none, so whichever test came first decided.
    /// </summary>
    private static readonly JsonSerializerOptions Json =
        new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    private static V1CustomResourceDefinitionVersion Version { get; } =
        KubernetesYaml.Deserialize<V1CustomResourceDefinition>(
            File.ReadAllText(Repository.File("config/crd/aviator.example.com_aviatorpolicies.yaml")))
            .Spec.Versions.Single();

    private static JsonNode Root { get; } = JsonNode.Parse(KubernetesJson.Serialize(Version.Schema.OpenAPIV3Schema))!;

    [Theory]
    [InlineData("spec", typeof(AviatorPolicySpec))]
    [InlineData("status", typeof(AviatorPolicyStatus))]
    public void Schema_AndTypes_NameTheSameFields(string part, Type type)
    {
        var differences = new List<string>();
        CompareNames(Root["properties"]![part]!, type, part, differences);
        Assert.Empty(differences);
    }

    [Fact]
    public void Schema_AndTypes_HaveTheSameDefaults()
    {
        var defaults = JsonSerializer.SerializeToNode(new AviatorPolicySpec(), Json)!;
        var filled = FillDefaults(new JsonObject { ["targetRef"] = new JsonObject { ["name"] = "" } }, Root["properties"]!["spec"]!);
        // These have none: what they mean when they are left out depends on the Service, and without a canary there is none.
        defaults["targetRef"]!.AsObject().Remove("port");
        defaults.AsObject().Remove("targetPort");
        defaults.AsObject().Remove("canary");
        // No engine is asked unless a policy names it.
        defaults.AsObject().Remove("engine");
        Assert.Equal(Sorted(defaults).ToJsonString(), Sorted(filled).ToJsonString());
        Assert.Null(new AviatorPolicySpec().TargetPort);
        Assert.Null(new AviatorPolicySpec().Canary);
        Assert.Null(new AviatorPolicySpec().Engine);
    }

    [Fact]
    public void Schema_EngineType_AllowsTheEnginesThatAreKnown()
    {
        var engine = Root["properties"]!["spec"]!["properties"]!["engine"]!;
        Assert.Equal(InferenceEngines.All.Select(known => known.Word),
            engine["properties"]!["type"]!["enum"]!.AsArray().Select(word => word!.ToString()));
        Assert.Equal("type", Assert.Single(engine["required"]!.AsArray())!.ToString());
    }

    [Fact]
    public void Schema_SelectionMode_AllowsTheRegisteredModes()
    {
        var mode = Root["properties"]!["spec"]!["properties"]!["selection"]!["properties"]!["mode"]!;
        Assert.Equal(SelectionModes.All.Select(known => known.Name).Order(),
            mode["enum"]!.AsArray().Select(word => word!.ToString()).Order());
        Assert.Equal(SelectionModes.All[0].Name, mode["default"]!.ToString());
    }

    [Fact]
    public void Schema_EveryField_IsDescribed()
    {
        var undescribed = new List<string>();
        Visit(Root, "", (node, path) =>
        {
            if (node["description"] is null && path is not ("" or ".metadata"))
                undescribed.Add(path);
        });
        Assert.Empty(undescribed);
    }

    [Fact]
    public void Schema_OldestServer_IsAsked_NoCelRules() =>
        Assert.DoesNotContain("x-kubernetes-validations",
            File.ReadAllText(Repository.File("config/crd/aviator.example.com_aviatorpolicies.yaml")), StringComparison.Ordinal);

    [Fact]
    public void Columns_AreTheDocumentedOnes() =>
        Assert.Equal(["Active", "Total", "P99ms", "Source", "Mode", "Age"],
            Version.AdditionalPrinterColumns.Where(column => column.Priority is null or 0).Select(column => column.Name));

    [Fact]
    public void Spec_UnknownValues_AreReadNotThrown()
    {
        const string policy =
            """{"metadata":{"name":"a"},"spec":{"targetRef":{"name":"web"},"selection":{"mode":"weighted"},"futureField":{"x":1}}}""";
        var read = KubernetesJson.Deserialize<AviatorPolicy>(policy);
        Assert.Equal("weighted", read.Spec.Selection.Mode);
        Assert.Null(read.Spec.Unreadable);
    }

    [Fact]
    public void Spec_UnreadableForm_IsNotedAndTheListSurvives()
    {
        const string list =
            """{"items":[{"metadata":{"name":"a"},"spec":{"selection":{"topN":{"min":1}}}},""" +
            """{"metadata":{"name":"b"},"spec":{"targetRef":{"name":"web","port":"http"}}}]}""";
        var read = KubernetesJson.Deserialize<AviatorPolicyList>(list);
        Assert.Contains("topN", read.Items[0].Spec.Unreadable, StringComparison.Ordinal);
        Assert.Equal("http", read.Items[1].Spec.TargetRef.Port?.Value);
    }

    private static void CompareNames(JsonNode schema, Type type, string path, List<string> differences)
    {
        var properties = Json.GetTypeInfo(type).Properties.Where(property => property.Get is not null)
            .ToDictionary(property => property.Name, property => property.PropertyType);
        var named = schema["properties"]!.AsObject();
        differences.AddRange(properties.Keys.Where(name => !named.ContainsKey(name)).Select(name => $"{path}.{name} is not in the schema"));
        foreach (var (name, child) in named)
        {
            if (!properties.TryGetValue(name, out var propertyType))
                differences.Add($"{path}.{name} is not in {type.Name}");
            else if (child!["items"] is { } items)
                CompareNames(items, propertyType.GetGenericArguments()[0], $"{path}.{name}[]", differences);
            else if (child["properties"] is not null)
                CompareNames(child, propertyType, $"{path}.{name}", differences);
        }
    }

    /// <summary>
    /// What a server does: only where a default stands is a missing parent created, so a parent without one loses its children's.
    /// </summary>
    private static JsonNode FillDefaults(JsonNode value, JsonNode schema)
    {
        foreach (var (name, child) in schema["properties"]?.AsObject() ?? [])
        {
            if (value[name] is null && child!["default"] is { } standard)
                value[name] = standard.DeepClone();
            if (value[name] is JsonObject inner)
                FillDefaults(inner, child!);
        }
        return value;
    }

    private static JsonNode Sorted(JsonNode node) => node is not JsonObject map ? node.DeepClone()
        : new JsonObject(map.OrderBy(pair => pair.Key, StringComparer.Ordinal)
        .Select(pair => KeyValuePair.Create(pair.Key, pair.Value is null ? null : Sorted(pair.Value))));

    private static void Visit(JsonNode schema, string path, Action<JsonNode, string> visit)
    {
        visit(schema, path);
        foreach (var (name, child) in schema["properties"]?.AsObject() ?? [])
            Visit(child!, $"{path}.{name}", visit);
        if (schema["items"]?["properties"] is { } rows)
            foreach (var (name, child) in rows.AsObject())
                Visit(child!, $"{path}[].{name}", visit);
    }
}
