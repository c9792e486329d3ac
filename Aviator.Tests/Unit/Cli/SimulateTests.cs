using System.Text.Json;
using System.Text.Json.Nodes;
using Aviator.Core.Boards;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Aviator.Tests.Unit.Cli;

/// <summary><c>simulate</c>: what is sent to the controller that leads, and how its answer is shown.</summary>
public sealed class SimulateTests : IDisposable
{
    private const string Web = """
        # The Service is steered so from Monday on.
        apiVersion: aviator.example.com/v1alpha1
        kind: AviatorPolicy
        metadata:
          name: web
        spec:
          targetRef: {name: web, port: "80"}
          evaluationInterval: 2s
          selection: {mode: topN, topN: 2}
          circuitBreaker:
            enabled: true
        """;

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"aviator-policy-{Guid.NewGuid():N}.yaml");
    private JsonNode? _sent;

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task Policy_IsSentWithItsTypes_AndTheAnswerIsATable()
    {
        await using var world = await WorldAsync(new()
        {
            Service = "web",
            Evaluations = 7,
            IntervalMs = 2000,
            Total = 3,
            ActiveNow = 3,
            Active = 2,
            Gain = new(12.4, 309.5, 10.1, 22, 0.333),
            Endpoints =
            [
                new()
                {
                    Pod = "web-3", WeightNow = 1, Weight = 0, State = "Unselected", P50Ms = 300, P99Ms = 310, Samples = 1000,
                    Reason = "not selected: 31 times as slow as the middle of 3",
                },
                new() { Pod = "web-1", WeightNow = 1, Weight = 0.75, State = "Selected", Reason = "selected: rank 1 of 3" },
            ],
        });
        await File.WriteAllTextAsync(_file, $"kind: ConfigMap\n---\n{Web}\n", TestContext.Current.CancellationToken);

        var result = await world.RunAsync("simulate", "-f", _file, "-n", "shop");

        Assert.Equal("""
            2 of 3 pods of Service web would get traffic; 3 do now.
            33.3% of the requests would go to other pods than now.
            Of all answers now the p99 is 310 ms, of those from where requests would go 22 ms; median 12 ms and 10 ms.

            POD    WEIGHT NOW  WEIGHT  STATE          P50     P99  SAMPLES  REASON
            web-3           1       0  Unselected  300 ms  310 ms     1000  not selected: 31 times as slow as the middle of 3
            web-1           1    0.75  Selected         -       -        0  selected: rank 1 of 3
            As after 7 evaluations, 2 s apart, with the figures of now in each. Load does not move in it.
            """, result.Out);
        Assert.Equal(0, result.Code);
        Assert.Equal("""
            {"apiVersion":"aviator.example.com/v1alpha1","kind":"AviatorPolicy","metadata":{"name":"web","namespace":"shop"},"spec":
            {"targetRef":{"name":"web","port":"80"},"evaluationInterval":"2s","selection":{"mode":"topN","topN":2},
            "circuitBreaker":{"enabled":true}}}
            """.Replace("\n", "", StringComparison.Ordinal), _sent!.ToJsonString());
    }

    [Fact]
    public async Task Faults_AreNamed_AndTheExitCodeIsOne()
    {
        await using var world = await WorldAsync(new()
        {
            Service = "web",
            Faults = ["spec.selection.topN: 0 is less than 1", "spec.evaluationInterval: \"soon\" is no time"],
        });
        world.Answer = Web;

        var result = await world.RunAsync("simulate", "-f", "-");

        Assert.Equal("spec.selection.topN: 0 is less than 1.\nspec.evaluationInterval: \"soon\" is no time.", result.Out);
        Assert.Equal(1, result.Code);
    }

    [Fact]
    public async Task WhatIsNotMeasured_IsSaid_WithWhatToDo()
    {
        await using var world = await WorldAsync(new()
        {
            Service = "web",
            Total = 1,
            ActiveNow = 1,
            Active = 1,
            Endpoints = [new() { Pod = "web-1", WeightNow = 1, Weight = 1, State = "New", Reason = "new" }],
        });
        world.Answer = Web;

        Assert.EndsWith("Apply it with mode: Observe, and simulate again.", (await world.RunAsync("simulate", "-f", "-")).Out);
    }

    [Fact]
    public async Task AsJson_IsTheAnswerItself()
    {
        await using var world = await WorldAsync(new() { Service = "web", Obstacle = "Something else reads it." });
        world.Answer = Web;

        var result = await world.RunAsync("simulate", "-f", "-", "-o", "json");

        Assert.Equal(("web", "Something else reads it."), ((string?)result.Json["service"], (string?)result.Json["obstacle"]));
        Assert.Equal(1, result.Code);
    }

    [Theory]
    [InlineData("kind: [", "-, line 2: ")]
    [InlineData("kind: Service", "-: no AviatorPolicy is in it.")]
    [InlineData("kind: AviatorPolicy\n---\nkind: AviatorPolicy", "-: 2 policies are in it; simulate one at a time.")]
    public async Task FileThatHoldsNoPolicy_IsRefused_BeforeAnythingIsAsked(string text, string begins)
    {
        await using var world = await WorldAsync(new() { Service = "web" });
        world.Answer = text;

        var result = await world.RunAsync("simulate", "-f", "-");

        Assert.StartsWith(begins, result.Error[result.Error.IndexOf('-', StringComparison.Ordinal)..]);
        Assert.Equal((2, null), (result.Code, _sent));
    }

    [Fact]
    public async Task FileThatIsNotThere_IsNamed()
    {
        await using var world = await WorldAsync(new() { Service = "web" });

        var result = await world.RunAsync("simulate", "-f", "/nowhere/policy.yaml");

        Assert.Contains("/nowhere/policy.yaml", result.Error);
        Assert.Equal(2, result.Code);
    }

    [Fact]
    public async Task ControllerWithoutABoard_IsSaid()
    {
        await using var world = (await Samples.SteeredAsync()).WithBoard(null);
        world.Answer = Web;

        var result = await world.RunAsync("simulate", "-f", "-");

        Assert.Contains("The controller did not simulate it (dial tcp4 127.0.0.1:9467: connect: connection refused).", result.Error);
        Assert.Contains("docs/kubectl.md#the-board", result.Error);
        Assert.Equal(2, result.Code);
    }

    [Fact]
    public async Task ControllerThatRefuses_IsQuoted()
    {
        await using var world = await WorldAsync(new() { Service = "web" });
        world.Answer = Web;
        world.Cluster.Special[BoardAddress.SimulationPath] = context =>
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return context.Response.WriteAsync("It took longer than 5 s; try again.");
        };

        Assert.Contains("(It took longer than 5 s; try again.)", (await world.RunAsync("simulate", "-f", "-")).Error);
    }

    private async Task<CliWorld> WorldAsync(SimulatedPolicy answer)
    {
        var world = (await Samples.SteeredAsync()).WithBoard(new Board { AtMs = 1, Replica = "aviator-controller-0", Leads = true });
        world.Cluster.Special[BoardAddress.SimulationPath] = async context =>
        {
            _sent = await JsonNode.ParseAsync(context.Request.Body);
            await context.Response.WriteAsync(JsonSerializer.Serialize(answer, BoardJson.Default.SimulatedPolicy));
        };
        return world;
    }
}
