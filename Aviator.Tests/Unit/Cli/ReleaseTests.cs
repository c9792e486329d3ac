using System.Text.Json.Nodes;
using Xunit;

namespace Aviator.Tests.Unit.Cli;

/// <summary>
/// <c>kubectl aviator release</c> on a steered Service, with Kubernetes' own slices as its EndpointSlice controller fills them: the same
/// order as the emergency line's, and refusals that say why.
/// </summary>
public sealed class ReleaseTests
{
    private const string Own = $"{CliWorld.Slices}/web-aviator-v4-1";

    [Fact]
    public async Task Release_OfAService_TakesTheKey_WaitsForKubernetes_ThenDeletesTheSlices()
    {
        await using var world = await SteeredAsync();
        var result = await world.RunAsync("release", "web", "--yes");
        Assert.Equal(0, result.Code);
        Assert.StartsWith("Handed back: shop/web. Every ready pod gets traffic.\n", result.Out);
        Assert.Contains("kubectl patch avp web -n shop --type=merge -p '{\"spec\":{\"mode\":\"Observe\"}}'", result.Out);
        Assert.Equal(
            [$"PUT /{Own}", $"PATCH /{CliWorld.Services}/web", $"DELETE /{Own}"], world.Cluster.Writes.Distinct());
        Assert.Null(world.Cluster.Find($"{CliWorld.Services}/web")!["spec"]!["selector"]!["aviator.io/steered"]);
        Assert.Contains("shop/web: handed back\n", result.Error);
        Assert.Contains("shop/web: ", result.Error.Split("handed back")[0]);
    }

    [Fact]
    public async Task Release_OfAll_IsTheSame_AndSaysSoAsJson()
    {
        await using var world = await SteeredAsync();
        var result = await world.RunAsync("release", "--all", "-A", "--yes", "-o", "json");
        Assert.Equal((0, "shop/web"), (result.Code, (string?)result.Json["released"]![0]));
        Assert.Null(world.Cluster.Find(Own));
    }

    [Fact]
    public async Task Release_WhileAControllerLeads_IsRefused_WithTheWayOut()
    {
        await using var world = await SteeredAsync();
        world.Led(TimeSpan.FromSeconds(2));
        var result = await world.RunAsync("release", "web", "--yes");
        Assert.Equal(1, result.Code);
        Assert.Contains(
            "Controller aviator-controller-0_1234 leads and would steer again, since policy shop/web asks for it.", result.Error);
        Assert.Contains("{\"spec\":{\"mode\":\"Observe\"}}", result.Error);
        Assert.Empty(world.Cluster.Writes);
    }

    [Fact]
    public async Task Release_WhileAControllerLeads_IsDone_WhenThePolicyOnlyObserves()
    {
        await using var world = await SteeredAsync();
        world.Led(TimeSpan.FromSeconds(2)).Cluster.Put(CliWorld.Policies, Samples.Policy(mode: "Observe").ToJsonString());
        Assert.Equal(0, (await world.RunAsync("release", "web", "--yes")).Code);
        Assert.Null(world.Cluster.Find(Own));
    }

    [Fact]
    public async Task Release_StopsWhereAControllerComesBack()
    {
        await using var world = await SteeredAsync();
        var others = world.Cluster.Written;
        world.Cluster.Written = path =>
        {
            others(path);
            if (path == $"{CliWorld.Services}/web") world.Led(-TimeSpan.FromMinutes(10));
        };
        var result = await world.RunAsync("release", "web", "--yes");
        Assert.Equal(1, result.Code);
        Assert.Contains("Controller aviator-controller-0_1234 began to lead and steers again, so this stops", result.Error);
        Assert.NotNull(world.Cluster.Find(Own));
    }

    [Theory]
    [InlineData("n", 1, "error: Nothing was changed.\n")]
    [InlineData(null, 2, "error: --yes: is needed to hand back Service shop/web, since nobody can be asked here.\n")]
    public async Task Release_ThatNobodyAgreesTo_ChangesNothing(string? answer, int code, string message)
    {
        await using var world = await SteeredAsync();
        world.Answer = answer;
        var result = await world.RunAsync("release", "web");
        Assert.Equal(code, result.Code);
        Assert.EndsWith(message, result.Error);
        Assert.Empty(world.Cluster.Writes);
    }

    [Fact]
    public async Task Release_OfAServiceThatIsPlain_HasNothingToDo()
    {
        await using var world = await SteeredAsync();
        world.Cluster.Put(CliWorld.Services, Samples.Service(isKeyed: false, name: "api"));
        var result = await world.RunAsync("release", "api", "--yes");
        Assert.StartsWith("Service shop/api carries nothing of Aviator's: Kubernetes serves it.", result.Out);
        Assert.Equal(0, result.Code);
        var missing = await world.RunAsync("release", "nothing", "--yes");
        Assert.Equal(
            (1, "error: Namespace shop has no Service nothing. Name another namespace by -n.\n"), (missing.Code, missing.Error));
    }

    [Fact]
    public async Task Release_WithoutAService_IsWrongUsage()
    {
        await using var world = await CliWorld.StartAsync();
        var result = await world.RunAsync("release");
        Assert.Equal(2, result.Code);
        Assert.Contains("Name one Service, or give --all", result.Error);
    }

    [Fact]
    public async Task Release_WithoutARight_NamesIt_AndChangesNothing()
    {
        await using var world = await SteeredAsync();
        world.Cluster.Forbidden.Add("GET /api/v1/nodes");
        var result = await world.RunAsync("release", "web", "--yes");
        Assert.Equal(2, result.Code);
        Assert.Contains("The server refused: api/v1/nodes is forbidden", result.Error);
        Assert.Empty(world.Cluster.Writes);
    }

    /// <summary>Aviator's slice leaves web-4 out, Kubernetes' slice is empty, and nobody leads.</summary>
    private static async Task<CliWorld> SteeredAsync()
    {
        var world = await Samples.SteeredAsync();
        world.Time = new FastTime(30);
        world.Led(TimeSpan.FromHours(1), holder: "");
        world.Cluster.Kind("/api/v1/nodes").Put("api/v1/nodes", """{"metadata":{"name":"node-1"}}""");
        world.Cluster.Put(CliWorld.Slices, Slice("web-aviator-v4-1", "aviator-controller", 4, unselected: "3"));
        world.Cluster.Put(CliWorld.Slices, Slice("web-abcde", "endpointslice-controller.k8s.io", 0));
        world.Cluster.Written = path =>
        {
            var isKeyed = world.Cluster.Find($"{CliWorld.Services}/web")!["spec"]!["selector"]!["aviator.io/steered"] is not null;
            if (path == $"{CliWorld.Services}/web" && !isKeyed)
                world.Cluster.Put(CliWorld.Slices, Slice("web-abcde", "endpointslice-controller.k8s.io", 4));
        };
        return world;
    }

    private static string Slice(string name, string manager, int pods, string? unselected = null)
    {
        var slice = JsonNode.Parse($$$"""
            {"metadata":{"name":"{{{name}}}",
              "labels":{"kubernetes.io/service-name":"web","endpointslice.kubernetes.io/managed-by":"{{{manager}}}"},
              "ownerReferences":[{"apiVersion":"v1","kind":"Service","name":"web","uid":"uid-web","controller":true}]},
             "addressType":"IPv4","ports":[{"name":"http","protocol":"TCP","port":8080}],"endpoints":[]}
            """)!;
        if (unselected is not null) slice["metadata"]!["annotations"] = new JsonObject { ["aviator.io/unselected"] = unselected };
        for (var at = 1; at <= pods; at++)
        {
            var isIn = unselected != $"{at - 1}";
            slice["endpoints"]!.AsArray().Add(new JsonObject
            {
                ["addresses"] = new JsonArray($"10.0.0.{at}"),
                ["conditions"] = new JsonObject { ["ready"] = isIn, ["serving"] = isIn, ["terminating"] = false },
                ["nodeName"] = "node-1",
                ["targetRef"] = new JsonObject
                {
                    ["kind"] = "Pod",
                    ["namespace"] = "shop",
                    ["name"] = $"web-{at}",
                    ["uid"] = $"uid-web-{at}",
                },
            });
        }

        return slice.ToJsonString();
    }
}
