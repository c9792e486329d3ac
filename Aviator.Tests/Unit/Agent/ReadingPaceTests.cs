using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Aviator.Agent;
using Aviator.Agent.Counters;
using Aviator.Core.Measurement;
using Aviator.Tests.Fixtures;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Agent;

/// <summary>Controllers may ask for more frequent reads; a wish that is not repeated lapses.</summary>
public sealed class ReadingPaceTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Ask_SeveralControllers_TheShortestCountsForAsLongAsItIsRepeated()
    {
        var pace = new ReadingPace(new AgentOptions(), _time);
        Assert.Equal(TimeSpan.FromSeconds(1), pace.Now);
        pace.Ask(TimeSpan.FromMilliseconds(125));
        pace.Ask(TimeSpan.FromMilliseconds(500));
        Assert.Equal(TimeSpan.FromMilliseconds(125), pace.Now);

        _time.Advance(ReadingPace.Lasts);
        Assert.Equal(TimeSpan.FromSeconds(1), pace.Now);
        pace.Ask(TimeSpan.FromMilliseconds(500));
        Assert.Equal(TimeSpan.FromMilliseconds(500), pace.Now);
        pace.Ask(TimeSpan.FromSeconds(30));
        Assert.Equal(TimeSpan.FromMilliseconds(500), pace.Now);
    }

    [Theory]
    [InlineData(1, 100)]
    [InlineData(5000, 1000)]
    public void Ask_BeyondItsBounds_IsHeldToThem(int askedMs, int expectedMs)
    {
        var pace = new ReadingPace(new AgentOptions(), _time);
        pace.Ask(TimeSpan.FromMilliseconds(askedMs));
        Assert.Equal(expectedMs, pace.Now.TotalMilliseconds);
    }

    [Fact]
    public async Task Latencies_AskedForMore_ReadsMoreOftenAndSaysSo()
    {
        using var kernel = new HandDrivenCounters();
        await using var agent = await StartAsync(kernel, "SubWindow=00:00:01", "Probe:IdleAfter=00:00:03");
        var before = await AskAsync(agent, "");
        Assert.Equal(1, before.SubWindowSeconds);
        Assert.Equal(0.1, (await AskAsync(agent, "?readEveryMs=100")).SubWindowSeconds);
        await Eventually.TrueAsync(async () => (await agent.ReportAsync()).Sequence >= before.Sequence + 12, "twelve reads");

        // By the second that it had before, there would be two or three in the time.
        var (from, began) = ((await agent.ReportAsync()).Sequence, TimeProvider.System.GetTimestamp());
        await Eventually.TrueAsync(async () => (await agent.ReportAsync()).Sequence >= from + 10, "ten reads more");
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(8), "ten reads took as long as ten seconds' worth");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("1s")]
    [InlineData("")]
    public async Task Latencies_PaceThatIsNone_IsRefusedByItsName(string asked)
    {
        using var kernel = new HandDrivenCounters();
        await using var agent = await StartAsync(kernel);
        using var response = await agent.Client.GetAsync(
            new Uri($"/latencies?{NodeReport.ReadEveryQuery}={asked}", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var refusal = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.Equal("readEveryMs", refusal.GetProperty("field").GetString());
        Assert.Equal(
            "the time from one read to the next is a whole number of milliseconds from 1 on", refusal.GetProperty("reason").GetString());
    }

    private static Task<RunningAgent> StartAsync(HandDrivenCounters kernel, params string[] options) => RunningAgent.StartAsync(
        (_, _) => kernel, null, ["Endpoints:0:Address=127.0.0.1", "Endpoints:0:Port=1", .. options]);

    private static async Task<NodeReport> AskAsync(RunningAgent agent, string query) => (await agent.Client.GetFromJsonAsync(
        $"/latencies{query}", MeasurementJson.Default.NodeReport, TestContext.Current.CancellationToken))!;
}
