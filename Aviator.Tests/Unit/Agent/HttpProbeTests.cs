using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Aviator.Agent.Interest;
using Aviator.Agent.Probing;
using Aviator.Tests.Fixtures;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Aviator.Tests.Unit.Agent;

public sealed class HttpProbeTests : IAsyncLifetime
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);
    private readonly HttpProbe _probe = new(TimeProvider.System, ProbePorts.Any);
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;
    private WebApplication _server = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _server = builder.Build();
        _server.MapGet("/ok", () => "ok");
        _server.MapGet("/status/{code:int}", (int code) => Results.StatusCode(code));
        _server.MapGet("/elsewhere", () => Results.Redirect("/status/500"));
        _server.MapGet("/slow", async (HttpContext context) => { await Task.Delay(120, context.RequestAborted); return "ok"; });
        _server.MapGet("/hang", async (HttpContext context) => { await Task.Delay(-1, context.RequestAborted); return "never"; });
        _server.MapGet("/large", () => Results.Bytes(new byte[4 << 20]));
        await _server.StartAsync(_stop);
    }

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("/ok")]
    [InlineData("/status/204")]
    [InlineData("/status/404")]
    [InlineData("/status/401")]
    [InlineData("/elsewhere")]
    [InlineData("/large")]
    public async Task ProbeAsync_2xx3xx4xx_IsAnAnswer(string path)
    {
        var outcome = await ProbeAsync(path);

        Assert.Equal(ProbeResult.Answered, outcome.Result);
        Assert.InRange(outcome.Latency, TimeSpan.FromTicks(1), Timeout);
    }

    [Theory]
    [Trait("Catalogue", "4")]
    [InlineData("/status/500", "ServerError")]
    [InlineData("/status/503", "ServerError")]
    public async Task ProbeAsync_5xx_IsAFailureWithoutLatency(string path, string result) =>
        Assert.Equal((result, TimeSpan.Zero),
            await ProbeAsync(path) is var outcome ? (outcome.Result.ToString(), outcome.Latency) : default);

    [Fact]
    [Trait("Catalogue", "24")]
    public async Task ProbeAsync_NoAnswerInTime_IsAFailureWithoutLatency() => Assert.Equal(
        new ProbeOutcome(ProbeResult.TimedOut, TimeSpan.Zero),
        await _probe.ProbeAsync(IPAddress.Loopback, new ProbeTarget(Port, "/hang", false), TimeSpan.FromMilliseconds(300), _stop));

    [Fact]
    public async Task ProbeAsync_ServerTakesItsTime_IsTheLatency() =>
        Assert.InRange((await ProbeAsync("/slow")).Latency.TotalMilliseconds, 115, 2500);

    [Fact]
    public async Task ProbeAsync_NobodyListens_IsRefused()
    {
        using var unused = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        unused.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        Assert.Equal(ProbeResult.Refused, (await ProbeAsync((IPEndPoint)unused.LocalEndPoint!)).Result);
    }

    [Theory]
    [Trait("Catalogue", "28")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "Answered")]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 500 Oops\r\n\r\n", "ServerError")]
    [InlineData("HTTP/1.0 200 OK\r\n\r\n", "Answered")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n", "Broken")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", "Broken")]
    [InlineData("HTTP/2 200\r\n", "Broken")]
    [InlineData("HTTP/1.1", "Broken")]
    [InlineData("", "Broken")]
    public async Task ProbeAsync_RawAnswer_IsReadAsRfc9112Says(string answer, string result)
    {
        await using var server = RawServer.Answering(answer);

        Assert.Equal(result, (await ProbeAsync(server.EndPoint)).Result.ToString());
    }

    [Fact]
    [Trait("Catalogue", "28")]
    public async Task ProbeAsync_InterimAnswerComesEarly_LatencyIsTheFinalAnswers()
    {
        await using var server = new RawServer(async (stream, stop) =>
        {
            await stream.ReadAtLeastAsync(new byte[16], 16, cancellationToken: stop);
            await stream.WriteAsync("HTTP/1.1 103 Early Hints\r\n\r\n"u8.ToArray(), stop);
            await Task.Delay(100, stop);
            await stream.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), stop);
        });

        Assert.InRange((await ProbeAsync(server.EndPoint)).Latency.TotalMilliseconds, 95, 2500);
    }

    [Fact]
    public async Task ProbeAsync_AnswerComesByteByByte_LatencyIsTheFirstBytes()
    {
        await using var server = new RawServer(async (stream, stop) =>
        {
            await stream.ReadAtLeastAsync(new byte[16], 16, cancellationToken: stop);
            foreach (var one in Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\n\r\n"))
            {
                await stream.WriteAsync(new[] { one }, stop);
                await Task.Delay(50, stop);
            }
        });

        var outcome = await ProbeAsync(server.EndPoint);

        Assert.Equal(ProbeResult.Answered, outcome.Result);
        Assert.InRange(outcome.Latency.TotalMilliseconds, 0, 500);
    }

    [Fact]
    public async Task ProbeAsync_ConnectionReset_IsBroken()
    {
        await using var server = new RawServer(async (stream, stop) =>
        {
            await stream.ReadAtLeastAsync(new byte[16], 16, cancellationToken: stop);
            stream.Socket.LingerState = new LingerOption(true, 0);
        });

        Assert.Equal(ProbeResult.Broken, (await ProbeAsync(server.EndPoint)).Result);
    }

    [Fact]
    public async Task ProbeAsync_Cancelled_Throws()
    {
        using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            _probe.ProbeAsync(IPAddress.Loopback, new ProbeTarget(Port, "/hang", false), TimeSpan.FromSeconds(30), cancelled.Token));
    }

    [Fact]
    public async Task ProbeAsync_ByKnownPorts_ComesFromThemAndPassesOverThoseInUse()
    {
        const int first = 62100;
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Any, first + 1));
        taken.Listen();
        var seen = new List<int>();
        await using var server = new RawServer(async (stream, stop) =>
        {
            lock (seen) seen.Add(((IPEndPoint)stream.Socket.RemoteEndPoint!).Port);
            await stream.ReadAtLeastAsync(new byte[16], 16, cancellationToken: stop);
            await stream.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), stop);
        });
        var probe = new HttpProbe(TimeProvider.System, new ProbePorts(first, first + 3));

        for (var i = 0; i < 12; i++)
            Assert.Equal(ProbeResult.Answered,
                (await probe.ProbeAsync(IPAddress.Loopback, new ProbeTarget(server.EndPoint.Port, "/", false), Timeout, _stop)).Result);

        Assert.Equal([first, first + 2, first + 3], seen.Distinct().Order());
    }

    /// <summary>Kestrel answers such a request with 400 at once, which says nothing of how fast calls are answered.</summary>
    [Fact]
    public async Task ProbeAsync_KestrelWithHttp2Alone_IsNeitherGoodNorBad() =>
        Assert.Equal(NothingSaid, await ProbeKestrelAsync(port => port.Protocols = HttpProtocols.Http2));

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task ProbeAsync_KestrelWithTls_IsNeitherGoodNorBad(SslProtocols protocol)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=probe.test", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        Assert.Equal(NothingSaid, await ProbeKestrelAsync(port => port.UseHttps(certificate, https => https.SslProtocols = protocol)));
    }

    /// <summary>As Go's server of TLS does.</summary>
    [Fact]
    public async Task ProbeAsync_PortThatAnswers400OnHttp1AndAnAlertOnTls_IsNeitherGoodNorBad()
    {
        await using var server = new RawServer(async (stream, stop) =>
        {
            var first = new byte[1];
            await stream.ReadExactlyAsync(first, stop);
            await stream.WriteAsync(first[0] == 0x16 ? [0x15, 3, 1, 0, 2, 2, 40] : "HTTP/1.0 400 Bad Request\r\n\r\n"u8.ToArray(), stop);
        });

        Assert.Equal(ProbeResult.OtherProtocol, (await ProbeAsync(server.EndPoint)).Result);
    }

    /// <summary>An application's own 400 is an answer like any other: the port does not speak HTTP/2.</summary>
    [Fact]
    public async Task ProbeAsync_400OfAnHttp1Server_IsAnAnswer() =>
        Assert.Equal(ProbeResult.Answered, (await ProbeAsync("/status/400")).Result);

    [Fact]
    public async Task ProbeAsync_PortThatClosesOnHttp1AndSpeaksHttp2_IsNeitherGoodNorBad()
    {
        await using var server = new RawServer(async (stream, stop) =>
        {
            var first = new byte[4];
            await stream.ReadExactlyAsync(first, stop);
            if (first.AsSpan().SequenceEqual("PRI "u8)) await stream.WriteAsync(new byte[] { 0, 0, 0, 4, 0, 0, 0, 0, 0 }, stop);
        });

        Assert.Equal(ProbeResult.OtherProtocol, (await ProbeAsync(server.EndPoint)).Result);
    }

    private static ProbeOutcome NothingSaid => new(ProbeResult.OtherProtocol, TimeSpan.Zero);

    private int Port => new Uri(_server.Urls.First()).Port;

    private async Task<ProbeOutcome> ProbeKestrelAsync(Action<ListenOptions> configure)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, configure));
        await using var server = builder.Build();
        server.MapGet("/", () => "ok");
        await server.StartAsync(_stop);
        return await ProbeAsync(new IPEndPoint(IPAddress.Loopback, new Uri(server.Urls.Single()).Port));
    }

    private Task<ProbeOutcome> ProbeAsync(string path) =>
        _probe.ProbeAsync(IPAddress.Loopback, new ProbeTarget(Port, path, false), Timeout, _stop);

    private Task<ProbeOutcome> ProbeAsync(IPEndPoint server) =>
        _probe.ProbeAsync(server.Address, new ProbeTarget(server.Port, "/", false), Timeout, _stop);
}
