using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Aviator.Core.Measurement;
using Aviator.Tests.Kit;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>Protocols that look like fast answers when they are taken for HTTP/1: recognised, and measured or counted apart.</summary>
[Collection(KernelCollection.Name)]
[Trait("Catalogue", "28")]
public sealed class ProtocolTests(KernelFixture kernel)
{
    private static readonly TimeSpan ServerTime = TimeSpan.FromMilliseconds(30);

    [Fact]
    public void ServerSpeaksFirst_WholeConnection_Unmeasured()
    {
        using var server = new TestServer(kernel.NextAddress());
        var (client, accepted) = server.Pair();
        accepted.Write("220 mail ready\r\n");
        client.Expect("220 mail ready\r\n");
        for (var i = 0; i < 3; i++) (client, accepted).Exchange("NOOP\r\n", "250 ok\r\n");
        AssertCounts(server, requests: 0, unmeasured: 3);
    }

    [Fact]
    public void Http2_PrefaceSettingsAndPing_AreNoCalls()
    {
        using var server = new TestServer(kernel.NextAddress());
        var pair = server.Pair();
        const string settings = "\0\0\0\u0004\0\0\0\0\0";
        const string ping = "\0\0\b\u0006\0\0\0\0\012345678";
        pair.Exchange("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings, settings);
        pair.Exchange(ping, ping);
        AssertCounts(server, requests: 0, unmeasured: 0);
    }

    [Fact]
    public void WebSocket_UpgradeMeasured_FramesUnmeasured()
    {
        using var server = new TestServer(kernel.NextAddress());
        var pair = server.Pair();
        pair.Exchange("GET /chat HTTP/1.1\r\nHost: pod\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");
        pair.Server.Write("\u0081\u0005hello"); // pushed by the server, unasked
        pair.Client.Expect("\u0081\u0005hello");
        for (var i = 0; i < 4; i++) pair.Exchange("\u0081\u0002hi", "\u0081\u0002ho");
        AssertCounts(server, requests: 1, unmeasured: 4);
    }

    [Fact]
    public void UnknownProtocol_Exchanges_Unmeasured()
    {
        using var server = new TestServer(kernel.NextAddress());
        var pair = server.Pair();
        for (var i = 0; i < 5; i++) pair.Exchange("*1\r\n$4\r\nPING\r\n", "+PONG\r\n");
        AssertCounts(server, requests: 0, unmeasured: 5);
    }

    [Fact]
    public void UnknownProtocol_ThatLooksLikeHttp_UnmeasuredOnceTheAnswerTells()
    {
        using var server = new TestServer(kernel.NextAddress());
        var pair = server.Pair();
        for (var i = 0; i < 5; i++) pair.Exchange("GET key\r\n", "$5\r\nvalue\r\n");
        AssertCounts(server, requests: 0, unmeasured: 5);
    }

    [Fact]
    public async Task Tls12_Requests_MeasuredByApplicationData()
    {
        using var server = new TestServer(kernel.NextAddress());
        await ExchangeOverTls(server, SslProtocols.Tls12, [SslApplicationProtocol.Http11], exchanges: 3);
        var latency = AssertCounts(server, requests: 3, unmeasured: 0);
        Assert.True(latency.Quantile(0)!.Value >= HistogramTolerance.Low(ServerTime),
            $"A handshake was taken for an answer: {latency.Quantile(0)}.");
    }

    [Fact]
    public async Task Tls13_Requests_MeasuredByApplicationData()
    {
        using var server = new TestServer(kernel.NextAddress());
        await ExchangeOverTls(server, SslProtocols.Tls13, null, exchanges: 4);

        var traffic = kernel.Read(server.Endpoint).Traffic;
        Assert.Equal((4L, 0L), (traffic.Requests, traffic.Unmeasured));
        Assert.True(traffic.Latency.Quantile(0)!.Value >= HistogramTolerance.Low(ServerTime),
            $"A ticket was taken for an answer: {traffic.Latency.Quantile(0)}.");
        Assert.Equal((0L, 0L), (traffic.Unanswered, kernel.Read(server.Endpoint).Rif));
    }

    /// <summary>A real server whose second ticket comes behind the request, and a real client: no ticket is taken for an answer.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Tls13_OpenSslWithNagle_EachRequestMeasured(int requests)
    {
        const int connections = 10;
        using var server = new TestServer(kernel.NextAddress());
        using var openSsl = new OpenSslServer();
        for (var i = 0; i < connections; i++)
        {
            var (client, accepted) = server.Pair();
            await RequestOverOpenSsl(openSsl, client, accepted, requests);
            accepted.Dispose();
        }

        var traffic = kernel.Read(server.Endpoint).Traffic;
        Assert.Equal((connections * requests, 0L, 0L), (traffic.Requests, traffic.Unmeasured, traffic.Unanswered));
        Assert.Equal(connections * requests, traffic.WithoutStatus);
        Assert.True(traffic.Latency.Quantile(0)!.Value >= HistogramTolerance.Low(ServerTime),
            $"A ticket was taken for an answer: {traffic.Latency.Quantile(0)}.");
    }

    [Fact]
    public async Task Tls_ThatOffersHttp2_Unmeasured()
    {
        using var server = new TestServer(kernel.NextAddress());
        await ExchangeOverTls(server, SslProtocols.Tls13, [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11], exchanges: 3);
        var traffic = kernel.Read(server.Endpoint).Traffic;
        Assert.Equal(0, traffic.Requests);
        Assert.True(traffic.Unmeasured >= 3, $"{traffic.Unmeasured} unmeasured exchanges.");
    }

    private static async Task RequestOverOpenSsl(OpenSslServer server, Socket clientSocket, Socket accepted, int requests)
    {
        var ok = Encoding.ASCII.GetBytes(ExchangeTests.Ok);
        var serving = Task.Run(() => server.Serve(accepted, requests, ExchangeTests.Get.Length, ServerTime, ok));
        await using var client = new SslStream(new NetworkStream(clientSocket), false, (_, seen, _, _) =>
            seen?.GetCertHashString() == server.CertificateHash);
        await client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "pod",
            EnabledSslProtocols = SslProtocols.Tls13,
        });
        var answer = new byte[ok.Length];
        for (var i = 0; i < requests; i++)
        {
            await client.WriteAsync(Encoding.ASCII.GetBytes(ExchangeTests.Get));
            await client.ReadExactlyAsync(answer);
        }

        await serving.WaitAsync(TimeSpan.FromSeconds(5));
    }

    private static async Task ExchangeOverTls(TestServer server, SslProtocols version, List<SslApplicationProtocol>? protocols,
        int exchanges)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=pod", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var (clientSocket, serverSocket) = server.Pair();
        await using var client = new SslStream(new NetworkStream(clientSocket), false, (_, seen, _, _) =>
            seen?.GetCertHashString() == certificate.GetCertHashString());
        await using var accepted = new SslStream(new NetworkStream(serverSocket));
        var serving = Task.Run(async () =>
        {
            await accepted.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificate = certificate,
                EnabledSslProtocols = version,
                ApplicationProtocols = protocols,
            });
            var request = new byte[ExchangeTests.Get.Length];
            for (var i = 0; i < exchanges; i++)
            {
                await accepted.ReadExactlyAsync(request);
                RealTime.Pass(ServerTime);
                await accepted.WriteAsync(Encoding.ASCII.GetBytes(ExchangeTests.Ok));
            }
        });
        await client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "pod",
            EnabledSslProtocols = version,
            ApplicationProtocols = protocols
        });
        Assert.Equal(version, client.SslProtocol);
        var answer = new byte[ExchangeTests.Ok.Length];
        for (var i = 0; i < exchanges; i++)
        {
            await client.WriteAsync(Encoding.ASCII.GetBytes(ExchangeTests.Get));
            await client.ReadExactlyAsync(answer);
        }

        await serving.WaitAsync(TimeSpan.FromSeconds(5));
        await client.ShutdownAsync(); // close_notify: in TLS 1.3 disguised as application data
    }

    private LatencyHistogram AssertCounts(TestServer server, int requests, int unmeasured)
    {
        var read = kernel.Read(server.Endpoint);
        var traffic = read.Traffic;
        Assert.Equal((requests, unmeasured, 0L, 0L), (traffic.Requests, traffic.Unmeasured, traffic.Unanswered, read.Waiting));
        return read.Traffic.Latency;
    }
}
