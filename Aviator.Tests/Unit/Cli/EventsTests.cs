using Xunit;

namespace Aviator.Tests.Unit.Cli;

/// <summary><c>kubectl aviator events</c>: Aviator's own, of policies and Services, the latest last.</summary>
public sealed class EventsTests
{
    [Fact]
    public async Task Events_AreAviatorsAlone_TheLatestLast()
    {
        await using var world = await WithEventsAsync();
        var result = await world.RunAsync("events");
        Assert.Equal("""
            AGE  TYPE     REASON    COUNT  OBJECT             MESSAGE
            3h   Normal   Steered       2  AviatorPolicy/api  Own slices carry the traffic.
            30m  Warning  Released      2  Service/web        No controller renewed its Lease.
            12m  Warning  Ejected       2  AviatorPolicy/web  Pod web-4 ejected: p99 812 ms, limit 500 ms
            """, result.Out);
        Assert.Equal(0, result.Code);
    }

    [Fact]
    public async Task Events_OfAPolicy_AreThoseOfItsServiceToo()
    {
        await using var world = await WithEventsAsync();
        var events = (await world.RunAsync("events", "web", "-o", "json")).Json["events"]!.AsArray();
        Assert.Equal(["Released", "Ejected"], events.Select(entry => (string?)entry!["reason"]));
    }

    [Fact]
    public async Task Events_WhereThereAreNone_SayHowLongTheyAreKept()
    {
        await using var world = await Samples.SteeredAsync();
        Assert.Equal(
            "There are no Events of Aviator. Kubernetes forgets Events after an hour by default.",
            (await world.RunAsync("events", "-A")).Out);
    }

    private static async Task<CliWorld> WithEventsAsync()
    {
        var world = await Samples.SteeredAsync();
        world.Cluster
            .Put(CliWorld.Events, Samples.Event(
                "a", "Ejected", "Pod web-4 ejected: p99 812 ms, limit 500 ms", "2026-11-29T02:48:00Z", "Warning"))
            .Put(CliWorld.Events, Samples.Event("b", "Steered", "Own slices carry the traffic.", "2026-11-29T00:00:00Z", about: "api"))
            .Put(CliWorld.Events, Samples.Event(
                "c", "Released", "No controller renewed its Lease.", "2026-11-29T02:30:00Z", "Warning", "Service"))
            .Put(CliWorld.Events, Samples.Event("d", "Killing", "Stopping container", "2026-11-29T02:59:00Z", kind: "Pod"));
        return world;
    }
}
