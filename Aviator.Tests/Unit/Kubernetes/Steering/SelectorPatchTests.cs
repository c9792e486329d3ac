using System.Text.Json.Nodes;
using Aviator.Controller.Cluster;
using Aviator.Controller.Steering;
using Aviator.Tests.Fixtures.ApiServer;
using Aviator.Tests.Kit.Slices;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Aviator.Tests.Unit.Kubernetes.Steering;

/// <summary>
/// Patches of a Service's selector, answered as a current server answers: there the selector is one field, and who patches it owns it.
/// </summary>
public sealed class SelectorPatchTests
{
    private const string Path = "/api/v1/namespaces/shop/services/web?fieldManager=aviator";
    private static readonly JsonObject Helm = Entry("helm", "Apply");

    private readonly ScriptedAnswers _script = new();
    private readonly List<string> _bodies = [];
    private readonly List<string?> _types = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ClearKey_GivesTheFieldBack_AndLeavesTheEntriesOfOthers()
    {
        await using var server = await FakeApiServer.StartAsync(_script);
        Answer("8", Entry("aviator", "Update"), Helm);
        Answer("9", Helm);

        Assert.Equal("9", await PatchAsync(server, SelectorChange.ClearKey));

        Assert.Equal([Path, Path], server.Requests);
        Assert.Equal("application/json-patch+json", _types[1]);
        var patch = JsonNode.Parse(_bodies[1])!.AsArray();
        Assert.Equal(("test", "/metadata/resourceVersion", "8"),
            ((string)patch[0]!["op"]!, (string)patch[0]!["path"]!, (string)patch[0]!["value"]!));
        Assert.Equal(("replace", "/metadata/managedFields"), ((string)patch[1]!["op"]!, (string)patch[1]!["path"]!));
        Assert.True(JsonNode.DeepEquals(new JsonArray(Helm.DeepClone()), patch[1]!["value"]), _bodies[1]);
    }

    [Fact]
    public async Task ClearKey_NothingIsOwned_IsOneWrite()
    {
        await using var server = await FakeApiServer.StartAsync(_script);
        Answer("8", Helm, Entry("aviator", "Update", "status"));

        Assert.Equal("8", await PatchAsync(server, SelectorChange.ClearKey));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task ClearKey_SomebodyElseWasFirst_IsReleasedAllTheSame()
    {
        await using var server = await FakeApiServer.StartAsync(_script);
        Answer("8", Entry("aviator", "Update"));
        _script.Status(422, "Invalid");

        Assert.Equal("8", await PatchAsync(server, SelectorChange.ClearKey));
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task SetKey_KeepsWhatItOwns()
    {
        await using var server = await FakeApiServer.StartAsync(_script);
        Answer("8", Entry("aviator", "Update"), Helm);

        Assert.Equal("8", await PatchAsync(server, SelectorChange.SetKey));
        Assert.Single(server.Requests);
    }

    private static Task<string> PatchAsync(FakeApiServer server, SelectorChange change) =>
        new SliceApi(server.Connect(), SliceDialect.V1)
            .PatchSelectorAsync(World.Web with { Namespace = "shop", Name = "web" }, change, Stop);

    private void Answer(string version, params JsonObject[] managed) => _script.Then(async context =>
    {
        _types.Add(context.Request.ContentType);
        _bodies.Add(await new StreamReader(context.Request.Body).ReadToEndAsync(Stop));
        var entries = new JsonArray([.. managed.Select(entry => entry.DeepClone())]);
        var service = new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = version, ["managedFields"] = entries } };
        await context.Response.WriteAsync(service.ToJsonString(), Stop);
    });

    private static JsonObject Entry(string manager, string operation, string? subresource = null)
    {
        var entry = new JsonObject
        {
            ["manager"] = manager,
            ["operation"] = operation,
            ["apiVersion"] = "v1",
            ["fieldsType"] = "FieldsV1",
            ["fieldsV1"] = new JsonObject { ["f:spec"] = new JsonObject { ["f:selector"] = new JsonObject() } },
        };
        if (subresource is not null) entry["subresource"] = subresource;
        return entry;
    }
}
