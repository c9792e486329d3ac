using Aviator.AppHost;
using Aviator.AppHost.Plain;
using Aviator.Demo;
using Xunit;

namespace Aviator.Tests.Unit.AppHost;

/// <summary>The plain host's children are real processes here.</summary>
public sealed class RunningPartTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly StringWriter _written = new();
    private readonly ConsoleLines _console;

    public RunningPartTests() => _console = new ConsoleLines(TextWriter.Synchronized(_written));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _written.Dispose();

    [Fact]
    public async Task Output_OfBothStreams_StandsBehindTheName()
    {
        await using var part = Start("echo out; echo err >&2; echo \"$GREETING\"", ("GREETING", "hello"));
        await part.EndAsync(Stop);
        Assert.Equal(0, part.ExitCode);
        Assert.Equal(["part       | err", "part       | hello", "part       | out"], Lines().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Stop_PartThatHeeds_EndsByItself()
    {
        await using var part = Start("trap 'echo tidied; exit 0' TERM; echo up; while :; do sleep 0.05; done");
        await SaysAsync("up");
        Assert.True(await part.StopAsync(Limit, Stop));
        Assert.Equal(0, part.ExitCode);
        Assert.Contains("part       | tidied", Lines());
    }

    [Fact]
    public async Task Stop_PartThatDoesNotHeed_IsKilledAfterTheGrace()
    {
        await using var part = Start("trap '' TERM; echo up; while :; do sleep 0.05; done");
        await SaysAsync("up");
        Assert.False(await part.StopAsync(TimeSpan.FromMilliseconds(200), Stop));
        Assert.False(Directory.Exists($"/proc/{part.Id}"));
    }

    [Fact]
    public async Task Stop_InAHurry_DoesNotWaitForTheGrace()
    {
        await using var part = Start("trap '' TERM; echo up; while :; do sleep 0.05; done");
        await SaysAsync("up");
        using var hurry = new CancellationTokenSource();
        var stopping = part.StopAsync(TimeSpan.FromMinutes(10), hurry.Token);
        await hurry.CancelAsync();
        Assert.False(await stopping.WaitAsync(Limit, Stop));
    }

    [Fact]
    public async Task Health_OfAnEndedPart_IsItsExitCode()
    {
        using var health = new HealthCheck(null);
        await using var step = Start("exit 0", kind: PartKind.Step);
        await using var program = Start("exit 3");
        await Task.WhenAll(step.EndAsync(Stop), program.EndAsync(Stop));
        Assert.Null(await health.AskAsync(step, Stop));
        Assert.Equal("it ended with 3", await health.AskAsync(program, Stop));
    }

    [Fact]
    public async Task Health_OfRedis_IsAnAnsweredPing()
    {
        var redis = LocalRedis.Find();
        Assert.SkipWhen(redis is null, "redis-server is not installed (apt-get install redis-server)");
        using var health = new HealthCheck(redis);
        await using var part = RunningPart.Start(Topology.Redis, redis!.Command, new Dictionary<string, string>(), _console);
        await Waiting.UntilAsync("Redis to answer", Limit, async () => await health.AskAsync(part, Stop) is null, Stop, () => _written.ToString());
        Assert.True(await part.StopAsync(Limit, Stop));
        Assert.Equal("it ended with 0", await health.AskAsync(part, Stop));
    }

    [Theory]
    [InlineData("--operation", "publish")]
    [InlineData("--publisher", "manifest")]
    [InlineData("--step", "publish")]
    public void Publish_WithoutAspire_IsRefusedWithTheWayOut(params string[] args)
    {
        Assert.Contains("deploy/chart", PlainHost.RefusesToPublish(args)!, StringComparison.Ordinal);
        Assert.Null(PlainHost.RefusesToPublish(["--Parameters:rate=20"]));
    }

    private RunningPart Start(string script, (string Name, string Value)? variable = null, PartKind kind = PartKind.Program)
    {
        var environment = new Dictionary<string, string>();
        if (variable is { } v) environment[v.Name] = v.Value;
        return RunningPart.Start(new Part("part") { Kind = kind }, ["sh", "-c", script], environment, _console);
    }

    private string[] Lines() => _written.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private Task<TimeSpan> SaysAsync(string line) => Waiting.UntilAsync($"\"{line}\"", Limit, () => Task.FromResult(Lines().Contains($"part       | {line}")), Stop, pause: TimeSpan.FromMilliseconds(20));
}
