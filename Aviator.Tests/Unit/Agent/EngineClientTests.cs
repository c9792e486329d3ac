using System.Net;
using System.Net.Sockets;
using System.Text;
using Aviator.Agent.Engines;
using Aviator.Agent.Probing;
using Aviator.Core.Measurement;
using Aviator.Tests.Fixtures;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Aviator.Tests.Unit.Agent;

/// <summary>Questions to a real server: what it says, and every way in which it may not.</summary>
public sealed class EngineClientTests : IAsyncLifetime
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);
    private readonly EngineClient _client = new(ProbePorts.Any, TimeProvider.System);
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;
    private WebApplication _server = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _server = builder.Build();
        _server.MapGet("/metrics", () => EngineTexts.Vllm);
        _server.MapGet("/prometheus/metrics", () => EngineTexts.TrtllmServe);
        _server.MapGet("/long", () => $"{string.Concat(Enumerable.Repeat("other_metric 1\n", 70_000))}{EngineTexts.Vllm}");
        _server.MapGet("/huge", async (HttpContext context) =>
        {
            var part = new byte[64 << 10];
            Array.Fill(part, (byte)'\n');
            while (!context.RequestAborted.IsCancellationRequested) await context.Response.Body.WriteAsync(part, context.RequestAborted);
        });
        _server.MapGet("/hang", async (HttpContext context) => await Task.Delay(-1, context.RequestAborted));
        _server.MapGet("/stall", async (HttpContext context) =>
        {
            await context.Response.WriteAsync("vllm:num_requests_waiting 3\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(-1, context.RequestAborted);
        });
        _server.MapGet("/page", () => "<html>sign in</html>");
        _server.MapGet("/elsewhere", () => Results.Redirect("/metrics"));
        _server.MapGet("/busy", () => Results.StatusCode(503));
        await _server.StartAsync(_stop);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("/metrics", InferenceEngine.VLLM, 7)]
    [InlineData("/metrics?raw=1", InferenceEngine.VLLM, 7)]
    [InlineData("/long", InferenceEngine.VLLM, 7)]
    [InlineData("/prometheus/metrics", InferenceEngine.TensorRTLLM, 2)]
    public async Task AskAsync_EngineThatSaysIt_IsAnswered(string path, InferenceEngine engine, long waiting)
    {
        var answer = await AskAsync(path, Timeout, engine);

        Assert.Equal((EngineOutcome.Answered, ""), (answer.Outcome, answer.Detail));
        Assert.Equal(waiting, answer.Sample!.Value.Waiting);
    }

    /// <summary>No failure is a sample: nothing of it could be taken for an empty queue or for a full one.</summary>
    [Theory]
    [InlineData("/page", "NoFigure", "its answer has no vllm:num_requests_waiting that can be read")]
    [InlineData("/prometheus/metrics", "NoFigure", "its answer has no vllm:num_requests_waiting that can be read")]
    [InlineData("/elsewhere", "Status", "it answers with status 302")]
    [InlineData("/busy", "Status", "it answers with status 503")]
    [InlineData("/none", "Status", "it answers with status 404")]
    [InlineData("/huge", "TooLarge", "its answer is longer than 2 MiB")]
    public async Task AskAsync_OtherAnswers_AreNoSampleAndSayWhy(string path, string outcome, string why)
    {
        var answer = await AskAsync(path, Timeout);

        Assert.Equal((outcome, why), (answer.Outcome.ToString(), answer.Detail));
        Assert.Null(answer.Sample);
    }

    [Theory]
    [InlineData("/hang")]
    [InlineData("/stall")]
    public async Task AskAsync_AnswerThatDoesNotEnd_IsLimited(string path)
    {
        var answer = await AskAsync(path, TimeSpan.FromMilliseconds(300));

        Assert.Equal((EngineOutcome.TimedOut, "it does not answer within 0.3 s"), (answer.Outcome, answer.Detail));
        Assert.Null(answer.Sample);
        Assert.Equal(EngineOutcome.Answered, (await AskAsync("/metrics", Timeout)).Outcome);
    }

    [Fact]
    public async Task AskAsync_NobodyListens_IsUnreachable()
    {
        using var unused = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        unused.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        Assert.Equal(EngineOutcome.Unreachable, (await AskAsync((IPEndPoint)unused.LocalEndPoint!)).Outcome);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nvllm:num_requests_waiting 3\n")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("")]
    public async Task AskAsync_AnswerCutOffOrOfAnotherProtocol_IsUnreachable(string answer)
    {
        await using var server = new RawServer(async (stream, stop) =>
        {
            await stream.ReadAtLeastAsync(new byte[16], 16, cancellationToken: stop);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), stop);
        });

        Assert.Equal(EngineOutcome.Unreachable, (await AskAsync(server.EndPoint)).Outcome);
    }

    [Fact]
    public async Task AskAsync_Cancelled_Throws()
    {
        using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _client.AskAsync(
            IPAddress.Loopback, new(InferenceEngine.VLLM, Port, "/hang"), TimeSpan.FromSeconds(30), cancelled.Token));
    }

    /// <summary>The kernel's counts leave these ports out, and an engine is not made to accept a connection each second.</summary>
    [Fact]
    public async Task AskAsync_AgainAndAgain_KeepsOneConnectionFromTheAgentsPorts()
    {
        const int first = 62200;
        var seen = new List<int>();
        await using var server = new RawServer(async (stream, stop) =>
        {
            lock (seen) seen.Add(((IPEndPoint)stream.Socket.RemoteEndPoint!).Port);
            var body = $"HTTP/1.1 200 OK\r\nContent-Length: {EngineTexts.Triton.Length}\r\n\r\n{EngineTexts.Triton}";
            while (await stream.ReadAsync(new byte[4096], stop) > 0) await stream.WriteAsync(Encoding.ASCII.GetBytes(body), stop);
        });
        using var client = new EngineClient(new ProbePorts(first, first + 9), TimeProvider.System);

        for (var i = 0; i < 5; i++)
        {
            var answer = await client.AskAsync(
                IPAddress.Loopback, new(InferenceEngine.Triton, server.EndPoint.Port, "/metrics"), Timeout, _stop);
            Assert.Equal(5, answer.Sample!.Value.Waiting);
        }

        Assert.InRange(Assert.Single(seen), first, first + 9);
    }

    private int Port => new Uri(_server.Urls.First()).Port;

    private Task<EngineAnswer> AskAsync(string path, TimeSpan timeout, InferenceEngine engine = InferenceEngine.VLLM) =>
        _client.AskAsync(IPAddress.Loopback, new(engine, Port, path), timeout, _stop);

    private Task<EngineAnswer> AskAsync(IPEndPoint server) =>
        _client.AskAsync(server.Address, new(InferenceEngine.VLLM, server.Port, "/metrics"), Timeout, _stop);
}
