using Aviator.Core.Boards;
using Xunit;

namespace Aviator.Tests.Unit.Cli;

/// <summary>
/// <c>top</c> and <c>explain</c> with the leading controller's board, read through a port-forward; and what they say without.
/// </summary>
public sealed class BoardTests
{
    /// <summary>The controller's clock is an hour ahead: only distances may count.</summary>
    private static readonly long At = CliWorld.Now.AddHours(1).ToUnixTimeMilliseconds();

    [Fact]
    public async Task Top_ShowsAllEndpointsOfTheBoard_WithSharesAndWeights()
    {
        await using var world = (await Samples.SteeredAsync()).WithBoard(Sample());
        var result = await world.RunAsync("top");
        Assert.Equal("""
            POD    STATE        P50     P99  IN FLIGHT  SHARE  WEIGHT  SAMPLES  REASON
            web-4  Ejected   640 ms  812 ms          3     0%       0       57  ejected: p99 812 ms, limit 500 ms
            web-1  Selected  8.2 ms   20 ms          0  33.4%       1     1210  selected: rank 1 of 3
            2 of 2 pods. Source: the board of aviator-controller-0.
            """, result.Out);
        Assert.Equal(0, result.Code);
    }

    [Fact]
    public async Task Explain_KnowsSinceWhen_AndWhenItIsTriedAgain()
    {
        await using var world = (await Samples.SteeredAsync()).WithBoard(Sample());
        var result = await world.RunAsync("explain", "web-4");
        Assert.StartsWith(
            "Pod web-4 of Service web gets no traffic since 2026-11-29 02:48:00 UTC, 12m ago: ejected, p99 812 ms against 21 ms of its "
            + "peers.\n", result.Out);
        Assert.Contains("It is tried again in 24s at the earliest, after spec.circuitBreaker.recoveryInterval (30s,", result.Out);
        Assert.Contains("  share            0% of the Service's traffic\n", result.Out);
        Assert.Contains("12m ago  Ejected: p99 812 ms, limit 500 ms", result.Out);
        Assert.DoesNotContain("Readmitted", result.Out);
    }

    /// <summary>What is not known is said to be, and never 0.</summary>
    [Theory]
    [InlineData(12.4, 0.834, "12 requests wait in the engine's queue; 83.4% of its cache is in use.")]
    [InlineData(0.0, 0.0, "No request waits in the engine's queue; 0% of its cache is in use.")]
    [InlineData(1.0, 0.07, "1 request waits in the engine's queue; 7% of its cache is in use.")]
    [InlineData(0.4, null, "0.4 requests wait in the engine's queue; how full its cache is, is not known.")]
    [InlineData(null, null, "What waits in the engine's queue is not known: there is no sample of it that is new enough.")]
    public async Task Explain_OfAPodWithAnEngine_SaysWhatWaitsInIt(double? waiting, double? cacheUse, string sentence)
    {
        var sample = Sample();
        var policy = sample.Policies[0];
        var asked = policy with
        {
            Engine = "vLLM",
            Endpoints = [policy.Endpoints[0] with { EngineWaiting = waiting, EngineCacheUse = cacheUse }],
        };
        await using var world = (await Samples.SteeredAsync()).WithBoard(sample with { Policies = [asked] });
        world.Width = 128;

        Assert.Contains($"\n  engine           {sentence}\n", (await world.RunAsync("explain", "web-4")).Out);
    }

    [Fact]
    public async Task Explain_OfAPodWithoutAnEngine_SaysNothingOfOne()
    {
        await using var world = (await Samples.SteeredAsync()).WithBoard(Sample());
        Assert.DoesNotContain("engine", (await world.RunAsync("explain", "web-4")).Out, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task WhereNothingListens_TheStatusServes_AndTheLineSaysWhy()
    {
        await using var world = (await Samples.SteeredAsync()).WithBoard(null);
        var result = await world.RunAsync("top");
        Assert.EndsWith(
            "4 of 4 pods. Source: the policies' status, ten pods each and up to 30 s old, since the board was not read (dial tcp4 "
            + "127.0.0.1:9467: connect: connection refused); to have it: docs/kubectl.md#the-board.", result.Out);
        Assert.Equal(0, result.Code);
    }

    [Fact]
    public async Task ABoardOfAnotherVersion_IsNotRead()
    {
        await using var world = (await Samples.SteeredAsync()).WithBoard(Sample() with { Version = 7 });
        Assert.Contains(
            "(the controller's board has version 7; use the plugin of its release)", (await world.RunAsync("top")).Out);
    }

    [Fact]
    public async Task ABoardLongerThanOneMessage_IsReadWhole()
    {
        var sample = Sample();
        var many = Enumerable.Range(0, 3000).Select(at => sample.Policies[0].Endpoints[1] with { Pod = $"web-{at:0000}" }).ToList();
        await using var world = (await Samples.SteeredAsync()).WithBoard(
            sample with { Policies = [sample.Policies[0] with { Endpoints = many, Total = 3000 }] });
        Assert.Contains("3000 of 3000 pods.", (await world.RunAsync("top")).Out);
    }

    private static Board Sample() => new()
    {
        AtMs = At,
        Replica = "aviator-controller-0",
        Leads = true,
        Policies =
        [
            new()
            {
                Namespace = "shop", Name = "web", Service = "web", Mode = "Enforce", Routing = "Service",
                Ready = new("True", "Steering", "Own slices carry the traffic."), Steering = new("True", "Steered", "Own slices carry it."),
                Degraded = new("False", "Decided", "The decision rests on measurements."), Active = 1, Total = 2, P99Ms = 21,
                Endpoints =
                [
                    new()
                    {
                        Pod = "web-4", Address = "10.0.0.4", State = "Ejected", InUse = false, Weight = 0, TrafficShare = 0, P50Ms = 640,
                        P99Ms = 812, Samples = 57, InFlight = 3, Reason = "ejected: p99 812 ms, limit 500 ms", SinceMs = At - 720_000,
                        EjectedUntilMs = At + 24_000,
                    },
                    new()
                    {
                        Pod = "web-1", Address = "10.0.0.1", State = "Selected", InUse = true, Weight = 1, TrafficShare = 0.334,
                        P50Ms = 8.2, P99Ms = 20, Samples = 1210, Reason = "selected: rank 1 of 3",
                    },
                ],
                Decisions =
                [
                    new(At - 720_000, "web-4", "Ejected", "p99 812 ms, limit 500 ms"),
                    new(At - 3_000_000, "web-2", "Readmitted", "its trial was good"),
                ],
            },
        ],
    };
}
