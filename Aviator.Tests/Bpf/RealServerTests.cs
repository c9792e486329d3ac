using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Aviator.Core.Measurement;
using Aviator.Tests.Kit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>The same promises with a server and clients that know nothing of the tests: Kestrel, HttpClient, ClientWebSocket.</summary>
[Collection(KernelCollection.Name)]
public sealed class RealServerTests(KernelFixture kernel) : IAsyncLifetime
{
    private const int Exchanges = 10;
    private static readonly TimeSpan ServerTime = TimeSpan.FromMilliseconds(20);

    /// <summary>Task.Delay runs on the kernel's coarse clock and may end a tick early.</summary>
    private static readonly TimeSpan ShortestServerTime = ServerTime - TimeSpan.FromMilliseconds(5);
    private readonly IPAddress _address = kernel.NextAddress();
    private readonly X509Certificate2 _certificate = SelfSigned();
    private WebApplication? _app;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
        _certificate.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Http1_KeepAliveOrNewConnections_EachRequestMeasured(bool newConnections)
    {
        var server = await Start(HttpProtocols.Http1, tls: false);
        using var client = Client(server, HttpVersion.Version11);
        client.DefaultRequestHeaders.ConnectionClose = newConnections;
        for (var i = 0; i < Exchanges; i++) Assert.Equal("ok", await client.GetStringAsync("/", Cancellation));
        AssertMeasured(server, Exchanges, unmeasured: 0);
    }

    [Fact]
    public async Task Http1_ServerErrors_Counted()
    {
        var server = await Start(HttpProtocols.Http1, tls: false);
        using var client = Client(server, HttpVersion.Version11);
        for (var i = 0; i < Exchanges; i++) using (await client.GetAsync("/fail", Cancellation)) { }
        Assert.Equal((Exchanges, Exchanges), (Read(server).Requests, Read(server).ServerErrors));
    }

    [Fact]
    [Trait("Catalogue", "28")]
    public async Task Http1_LargeUploadAfter100Continue_MeasuredToTheAnswerProper()
    {
        var server = await Start(HttpProtocols.Http1, tls: false);
        using var client = Client(server, HttpVersion.Version11);
        client.DefaultRequestHeaders.ExpectContinue = true;
        for (var i = 0; i < Exchanges; i++)
        {
            using var body = new ByteArrayContent(new byte[1 << 20]);
            using var answer = await client.PostAsync("/upload", body, Cancellation);
            Assert.Equal("1048576", await answer.Content.ReadAsStringAsync(Cancellation));
        }

        AssertMeasured(server, Exchanges, unmeasured: 0);
    }

    [Fact]
    [Trait("Catalogue", "28")]
    public async Task Https_Http1_EveryRequestMeasured()
    {
        var server = await Start(HttpProtocols.Http1, tls: true);
        using var client = Client(server, HttpVersion.Version11, tls: true);
        for (var i = 0; i < Exchanges; i++) Assert.Equal("ok", await client.GetStringAsync("/", Cancellation));
        AssertMeasured(server, Exchanges, unmeasured: 0);
        Assert.Equal(Exchanges, Read(server).WithoutStatus);
    }

    [Fact]
    [Trait("Catalogue", "28")]
    public async Task Http2_InTheClear_EachCallMeasured()
    {
        var server = await Start(HttpProtocols.Http2, tls: false);
        using var client = Client(server, HttpVersion.Version20);
        for (var i = 0; i < Exchanges; i++) Assert.Equal("ok", await client.GetStringAsync("/", Cancellation));
        AssertMeasured(server, Exchanges, unmeasured: 0);
        for (var i = 0; i < Exchanges; i++) using (await client.GetAsync("/fail", Cancellation)) { }
        Assert.Equal((2 * Exchanges, Exchanges), (Read(server).Requests, Read(server).ServerErrors));
    }

    [Fact]
    [Trait("Catalogue", "28")]
    public async Task Http2_InTls_NotMeasured()
    {
        var server = await Start(HttpProtocols.Http2, tls: true);
        using var client = Client(server, HttpVersion.Version20, tls: true);
        for (var i = 0; i < Exchanges; i++) Assert.Equal("ok", await client.GetStringAsync("/", Cancellation));
        var traffic = Read(server);
        Assert.Equal((0L, 0L), (traffic.Requests, traffic.Unanswered));
        Assert.True(traffic.Unmeasured >= Exchanges, $"{traffic.Unmeasured} unmeasured exchanges.");
    }

    [Fact]
    [Trait("Catalogue", "28")]
    public async Task WebSocket_UpgradeMeasured_MessagesNot()
    {
        var server = await Start(HttpProtocols.Http1, tls: false);
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{server}/echo"), Cancellation);
        var buffer = new byte[16];
        for (var i = 0; i < Exchanges; i++)
        {
            await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, Cancellation);
            Assert.Equal(5, (await socket.ReceiveAsync(buffer, Cancellation)).Count);
        }

        AssertMeasured(server, 1, Exchanges);
        socket.Abort();
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=pod", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static async Task Echo(HttpContext context)
    {
        await Task.Delay(ServerTime);
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[16];
        try
        {
            while (await socket.ReceiveAsync(buffer, context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } message)
                await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, true, context.RequestAborted);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The client is gone: the end of the test.
        }
    }

    private async Task<IPEndPoint> Start(HttpProtocols protocols, bool tls)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(_address, 0, listen =>
        {
            listen.Protocols = protocols;
            if (tls) listen.UseHttps(_certificate);
        }));
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Map("/echo", Echo);
        _app.MapGet("/", async () =>
        {
            await Task.Delay(ServerTime);
            return "ok";
        });
        _app.MapGet("/fail", () => Results.StatusCode(503));
        _app.MapPost("/upload", async (HttpRequest request) =>
        {
            var length = 0L;
            var buffer = new byte[1 << 16];
            while (await request.Body.ReadAsync(buffer) is var n and > 0) length += n;
            await Task.Delay(ServerTime);
            return length.ToString(System.Globalization.CultureInfo.InvariantCulture);
        });
        await _app.StartAsync(Cancellation);
        return new IPEndPoint(_address, new Uri(_app.Urls.Single()).Port);
    }

    private HttpClient Client(IPEndPoint server, Version version, bool tls = false) => new(new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, seen, _, _) =>
            seen?.GetCertHashString() == _certificate.GetCertHashString()
        },
    })
    {
        BaseAddress = new Uri($"{(tls ? "https" : "http")}://{server}"),
        DefaultRequestVersion = version,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Timeout = TimeSpan.FromSeconds(5),
    };

    private EndpointCounters Read(IPEndPoint server) => kernel.Read(server).Traffic;

    private void AssertMeasured(IPEndPoint server, int requests, int unmeasured)
    {
        var read = kernel.ReadUntil(server, e => e.Rif == 0);
        Assert.Equal((requests, unmeasured, 0L, 0L), (read.Traffic.Requests, read.Traffic.Unmeasured, read.Traffic.Unanswered, read.Rif));
        Assert.True(read.Traffic.Latency.Quantile(0)!.Value >= HistogramTolerance.Low(ShortestServerTime),
            $"Something was taken for an answer: {read.Traffic.Latency.Quantile(0)}.");
    }
}
