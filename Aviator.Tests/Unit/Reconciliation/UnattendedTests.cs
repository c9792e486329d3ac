using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Roles;
using Aviator.Controller.Status;
using Aviator.Controller.Telemetry;
using Aviator.Tests.Fixtures.ApiServer;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Aviator.Tests.Unit.Reconciliation;

/// <summary>A policy that no controller looks at says so, and keeps no figure that nobody renews.</summary>
public sealed class UnattendedTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 29, 3, 0, 0, TimeSpan.Zero);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void Correct_SteeredPolicy_SaysWhoHandsBackAndThatAllAreInUse()
    {
        var status = Unattended.Correct(Steered(), Unattended.ByWatchdog, Now)!;

        Assert.Equal((4, 4, 0, 7L), (status.ActivePods, status.TotalPods, status.CircuitBrokenPods, status.ObservedGeneration));
        Assert.Equal((null, null, null), (status.P99LatencyMs, status.AverageLatencyMs, status.Coverage));
        Assert.Empty(status.PodLatencies);
        Assert.Equal(("False", "NoController"), Condition(status, ConditionType.Ready));
        Assert.Equal(("False", "NoController"), Condition(status, ConditionType.Steering));
        Assert.Equal(("Unknown", "NotEvaluated"), Condition(status, ConditionType.Degraded));
        Assert.Equal(("True", "Accepted"), Condition(status, ConditionType.Accepted));
        Assert.Equal(Now, status.Condition(ConditionType.Ready)!.LastTransitionTime);
        Assert.All(status.Conditions, condition => Assert.Equal(7, condition.ObservedGeneration));
    }

    [Fact]
    public void Correct_SaysSoAlreadyOrNeverSaidAnything_IsLeftAlone()
    {
        var policy = Steered();
        var corrected = policy with { Status = Unattended.Correct(policy, Unattended.ByWatchdog, Now) };

        Assert.Null(Unattended.Correct(corrected, Unattended.ByWatchdog, Now));
        Assert.Equal("HandedBack", Unattended.Correct(corrected, Unattended.ByRelease, Now)!.Condition(ConditionType.Steering)!.Reason);
        Assert.Null(Unattended.Correct(policy with { Status = null }, Unattended.ByRelease, Now));
    }

    /// <summary>Without a word it would look as if a controller were about to begin.</summary>
    [Fact]
    public void Correct_CreatedWhileNoControllerLives_SaysSo()
    {
        var status = Unattended.Correct(Steered() with { Status = null }, Unattended.ByWatchdog, Now)!;

        Assert.Equal(("False", "NoController"), Condition(status, ConditionType.Steering));
        Assert.Equal(("Unknown", "NoController"), Condition(status, ConditionType.Accepted));
        Assert.Equal(("Unknown", "NoController"), Condition(status, ConditionType.Ready));
        Assert.Null(Unattended.Correct(Steered() with { Status = status }, Unattended.ByWatchdog, Now));
    }

    [Fact]
    public async Task CorrectAll_PatchesTheStatusOfEachThatNeedsIt()
    {
        var script = new ScriptedAnswers();
        await using var server = await FakeApiServer.StartAsync(script);
        var sent = "";
        script
            .Then(context => context.Response.WriteAsync($$"""
                {"metadata":{"resourceVersion":"9"},"items":[{{Wire("web", "Steered")}},{{Wire("api", "NoController")}}]}
                """, Stop))
            .Then(async context =>
            {
                sent = await new StreamReader(context.Request.Body).ReadToEndAsync(Stop);
                await context.Response.WriteAsync("{}", Stop);
            });

        Assert.Equal(1, await CorrectAsync(server));

        Assert.EndsWith(
            "/namespaces/shop/aviatorpolicies/web/status?fieldManager=aviator", server.Requests.Last(), StringComparison.Ordinal);
        var patch = JsonNode.Parse(sent)!;
        Assert.Equal(("5", 4), ((string)patch["metadata"]!["resourceVersion"]!, (int)patch["status"]!["activePods"]!));
        Assert.Equal(2, server.Requests.Count);
    }

    /// <summary>An account of an older chart may not: Services are handed back all the same.</summary>
    [Fact]
    public async Task CorrectAll_WithoutTheRight_IsNoFault()
    {
        var script = new ScriptedAnswers().Status(403, "Forbidden");
        await using var server = await FakeApiServer.StartAsync(script);

        Assert.Equal(0, await CorrectAsync(server));
    }

    private static async Task<int> CorrectAsync(FakeApiServer server)
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var metrics = new ControllerMetrics(services.GetRequiredService<IMeterFactory>());
        return await new UnattendedPolicies(server.Connect(), metrics, null, NullLogger<UnattendedPolicies>.Instance)
            .CorrectAsync(Unattended.ByWatchdog, Stop);
    }

    private static (string Status, string Reason) Condition(AviatorPolicyStatus status, string type) =>
        status.Condition(type) is { } found ? (found.Status, found.Reason) : default;

    private static AviatorPolicy Steered() => new()
    {
        Metadata = new() { Name = "web", NamespaceProperty = "shop", ResourceVersion = "5" },
        Status = new()
        {
            ObservedGeneration = 7,
            ActivePods = 2,
            TotalPods = 4,
            P99LatencyMs = 12,
            AverageLatencyMs = 3,
            Coverage = 1,
            CircuitBrokenPods = 1,
            PodLatencies = [new() { Name = "web-1" }],
            Conditions = new PolicyConditions(
                new(true, ConditionReason.Accepted, "It can."), new(true, ConditionReason.Steered, "It is."),
                new(false, "Measured", "All is measured."), new(false, "Enough", "There is enough.")).ToList([], 7, Now.AddHours(-1)),
        },
    };

    private static string Wire(string name, string reason) => $$$"""
        {"metadata":{"namespace":"shop","name":"{{{name}}}","resourceVersion":"5"},"spec":{"targetRef":{"name":"{{{name}}}"}},
         "status":{"activePods":2,"totalPods":4,"conditions":[{"type":"Steering","status":"True","reason":"{{{reason}}}","message":"m",
         "observedGeneration":1,"lastTransitionTime":"2026-11-29T02:00:00Z"}]}}
        """;
}
