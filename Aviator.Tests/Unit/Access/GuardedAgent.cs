using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Aviator.Agent;
using Aviator.Agent.Access;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Fixtures.ApiServer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Aviator.Tests.Unit.Access;

/// <summary>A real agent that asks for tokens, beside an API server of the test's; the memory of tokens has its own clock.</summary>
internal sealed class GuardedAgent : IAsyncDisposable
{
    public const string Controller = "system:serviceaccount:aviator-system:aviator-controller";

    private readonly RawServer _endpoint;
    private readonly RunningAgent _agent;

    private GuardedAgent(FakeApiServer server, TokenReviews api, RawServer endpoint, RunningAgent agent, FakeTimeProvider time,
        ConcurrentQueue<string> log) =>
        (Server, Api, _endpoint, _agent, Time, Log) = (server, api, endpoint, agent, time, log);

    /// <summary>The API server that it asks; disposed, it is away.</summary>
    public FakeApiServer Server { get; }

    /// <summary>What that server says of tokens.</summary>
    public TokenReviews Api { get; }

    public FakeTimeProvider Time { get; }

    /// <summary>Every line that the agent logged, with what was attached to it.</summary>
    public ConcurrentQueue<string> Log { get; }

    public Uri Address => _agent.Client.BaseAddress!;

    public static async Task<GuardedAgent> StartAsync(params string[] options)
    {
        var (api, time, log) = (new TokenReviews(), new FakeTimeProvider(), new ConcurrentQueue<string>());
        var server = await FakeApiServer.StartAsync(api);
        var endpoint = RawServer.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        var agent = await RunningAgent.StartAsync((_, _) => new HandDrivenCounters(), (_, _) => new RecordedTable(), services =>
        {
            services.AddSingleton(server.Client);
            services.AddSingleton(provider => new TokenGate(
                provider.GetRequiredService<ITokenReviewer>(),
                provider.GetRequiredService<AccessOptions>(),
                provider.GetRequiredService<AgentMetrics>(),
                time,
                provider.GetRequiredService<ILogger<TokenGate>>()));
            services.AddSingleton<ILoggerProvider>(new Recorder(log));
        }, [
            "Endpoints:0:Address=127.0.0.1", $"Endpoints:0:Port={endpoint.EndPoint.Port}", "Access:Mode=token",
                $"Access:Users=somebody-else, {Controller}",
            "--Logging:LogLevel:Default=Trace", .. options,
        ]);
        return new(server, api, endpoint, agent, time, log);
    }

    /// <summary>Asks for a path, with a token or none.</summary>
    public async Task<(HttpStatusCode Status, string Reason)> GetAsync(string? token, string path = "/latencies", string scheme = "Bearer")
    {
        using var response = await SendAsync(token, path, scheme);
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        if (response.IsSuccessStatusCode || body.Length == 0) return (response.StatusCode, "");
        using var json = JsonDocument.Parse(body);
        Assert.Equal((int)response.StatusCode, json.RootElement.GetProperty("status").GetInt32());
        return (response.StatusCode, json.RootElement.GetProperty("reason").GetString()!);
    }

    public Task<HttpResponseMessage> SendAsync(string? token, string path = "/latencies", string scheme = "Bearer") =>
        SendAsync(HttpMethod.Get, token, path, scheme, null);

    /// <summary>Sends an order, with a token or none.</summary>
    public Task<HttpResponseMessage> OrderAsync(string? token, HttpContent order) =>
        SendAsync(HttpMethod.Put, token, "/steering", "Bearer", order);

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string? token, string path, string scheme, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = content };
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue(scheme, token);
        return await _agent.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public Task<string> MetricsAsync() => _agent.MetricsAsync();

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await Server.DisposeAsync();
        await _endpoint.DisposeAsync();
    }

    private sealed class Recorder(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            lines.Enqueue($"{state}");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{logLevel} {formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
