using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Aviator.Controller;
using Aviator.Controller.Collection;
using Aviator.Controller.Telemetry;
using Aviator.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Access;

/// <summary>The controller's side: a real agent that asks for tokens is asked with the token of a file.</summary>
public sealed class AgentTokenTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("aviator-token-").FullName;

    private string TokenFile => Path.Combine(_folder, "token");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Client_TokenIsRotated_IsReadAgainAndNoRequestIsLost()
    {
        await using var agent = await GuardedAgent.StartAsync();
        agent.Api.Users["first"] = agent.Api.Users["second"] = GuardedAgent.Controller;
        // As the kubelet does it: a link to a folder, swapped for one to the next.
        WriteAsKubelet("first\n", "1");
        using var client = Client();
        Assert.Equal("node-1", (await client.GetAsync(Endpoint(agent), null, Stop)).Node);

        WriteAsKubelet("second", "2");
        _time.Advance(AgentToken.UseFor);
        await client.GetAsync(Endpoint(agent), null, Stop);
        Assert.Equal(2, agent.Api.Reviews);

        // Refused before the next look at the file is due: it is looked at, and the request goes out again.
        WriteAsKubelet("third", "3");
        (agent.Api.Users["third"], _) = (GuardedAgent.Controller, agent.Api.Users.TryRemove("second", out _));
        agent.Time.Advance(TimeSpan.FromMinutes(6));
        await client.GetAsync(Endpoint(agent), null, Stop);
    }

    [Fact]
    public async Task Client_Refused_SaysWhatToMend()
    {
        await using var agent = await GuardedAgent.StartAsync();
        agent.Api.Users["other"] = "system:serviceaccount:shop:web";
        using (var client = new AgentClient(TimeSpan.FromSeconds(5)))
            Assert.Contains("Name a file with a ServiceAccount token",
                (await Assert.ThrowsAsync<AgentRefusedException>(() => client.GetAsync(Endpoint(agent), null, Stop))).Message,
                    StringComparison.Ordinal);

        var wrong = await RefusalAsync<AgentRefusedException>(agent, "stale");
        Assert.StartsWith("it does not accept the token (401): the API server knows no valid token like this for the audience " +
            "aviator-agent", wrong, StringComparison.Ordinal);
        Assert.DoesNotContain("stale", wrong, StringComparison.Ordinal);
        Assert.StartsWith("it does not let this controller's account in (403): system:serviceaccount:shop:web is not let in",
            await RefusalAsync<AgentRefusedException>(agent, "other"), StringComparison.Ordinal);
        agent.Api.Refusal = 500;
        Assert.Equal("it answered 503: the API server could not check the token: not today",
            await RefusalAsync<AgentUnavailableException>(agent, "new"));
    }

    [Theory]
    [InlineData(null, "cannot be read")]
    [InlineData(" \n", "holds no token")]
    [InlineData("two words", "holds no token")]
    [InlineData("töken", "holds no token")]
    public async Task Client_FileHoldsNoToken_SaysSoAndAsksNobody(string? content, string reason)
    {
        await using var agent = await GuardedAgent.StartAsync();
        if (content is not null) await File.WriteAllTextAsync(TokenFile, content, Stop);
        using var client = Client();
        var fault = await Assert.ThrowsAsync<AgentUnavailableException>(() => client.GetAsync(Endpoint(agent), null, Stop));
        Assert.StartsWith("Aviator:AgentTokenFile: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, agent.Api.Reviews);
    }

    [Fact]
    public async Task Puller_Refused_IsCountedApartAndToldOnce()
    {
        await using var agent = await GuardedAgent.StartAsync();
        await File.WriteAllTextAsync(TokenFile, "wrong", Stop);
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var metrics = new ControllerMetrics(services.GetRequiredService<IMeterFactory>());
        var (refused, lines) = (0L, new ConcurrentQueue<string>());
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, services.GetRequiredService<IMeterFactory>()) &&
                instrument.Name == "aviator.agent.pulls") self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            foreach (var tag in tags) if (tag is { Key: "outcome", Value: "refused" }) Interlocked.Add(ref refused, value);
        });
        listener.Start();
        using var client = Client();
        using var logging = LoggerFactory.Create(builder => builder.AddProvider(new Lines(lines)));
        using var puller = new AgentPuller(client, new NoSharedReports(), _ => Assert.Fail("a report"), () =>
            TimeSpan.FromSeconds(1), metrics, TimeProvider.System, logging.CreateLogger("puller"));
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        puller.Update([Endpoint(agent)], stopping.Token);
        await Eventually.TrueAsync(() => Interlocked.Read(ref refused) >= 2, "two refusals");
        await stopping.CancelAsync();
        await puller.WhenStoppedAsync().WaitAsync(TimeSpan.FromSeconds(10), Stop);
        Assert.Contains("(401)", Assert.Single(lines), StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_TokenFileIsMissing_NamesIt()
    {
        var result = new ControllerOptionsValidator().Validate(null, new() { AgentTokenFile = "/no/such/token" });
        Assert.Equal(["Aviator:AgentTokenFile: there is no file /no/such/token"], result.Failures!);
    }

    private async Task<string> RefusalAsync<T>(GuardedAgent agent, string token)
        where T : AgentUnavailableException
    {
        await File.WriteAllTextAsync(TokenFile, token, Stop);
        using var client = Client();
        return (await Assert.ThrowsAsync<T>(() => client.GetAsync(Endpoint(agent), null, Stop))).Message;
    }

    private AgentClient Client() => new(TimeSpan.FromSeconds(5), new AgentToken(TokenFile, _time));

    private static AgentEndpoint Endpoint(GuardedAgent agent) => new("agent", agent.Address);

    private void WriteAsKubelet(string token, string version)
    {
        var data = Directory.CreateDirectory(Path.Combine(_folder, $"..{version}")).FullName;
        File.WriteAllText(Path.Combine(data, "token"), token);
        var link = Path.Combine(_folder, "..data");
        if (Directory.Exists(link)) Directory.Delete(link);
        Directory.CreateSymbolicLink(link, data);
        if (!File.Exists(TokenFile)) File.CreateSymbolicLink(TokenFile, Path.Combine(link, "token"));
    }

    private sealed class Lines(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
