using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>Mutual TLS 1.3: the records of the client's certificate look like those of a request (docs/measuring.md).</summary>
[Collection(KernelCollection.Name)]
public sealed class MutualTlsTests(KernelFixture kernel, ITestOutputHelper output) : IAsyncLifetime
{
    private const int Requests = 10;
    private readonly IPAddress _address = kernel.NextAddress();
    private readonly X509Certificate2 _certificate = SelfSigned();
    private WebApplication? _app;
    private IPEndPoint _server = new(0, 0);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(_address, 0, listen => listen.UseHttps(_certificate, https =>
        {
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.SslProtocols = SslProtocols.Tls13;
            https.AllowAnyClientCertificate();
        })));
        _app = builder.Build();
        _app.MapGet("/", () => "ok");
        await _app.StartAsync(Cancellation);
        _server = new IPEndPoint(_address, new Uri(_app.Urls.Single()).Port);
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
        _certificate.Dispose();
    }

    /// <summary>The first exchange may be lost to the certificate, and nothing is counted that was not asked.</summary>
    [Fact]
    public async Task Requests_OnOneConnection_AreMeasuredButForTheFirst()
    {
        await using var stream = await ConnectAsync();
        for (var i = 0; i < Requests; i++) await AskAsync(stream);
        var read = kernel.ReadUntil(_server, e => e.Rif == 0);
        output.WriteLine($"{read.Traffic.Requests} of {Requests} measured, {read.Traffic.Unmeasured} unmeasured");
        Assert.InRange(read.Traffic.Requests, Requests - 1, Requests);
        Assert.InRange(read.Traffic.Unmeasured, 0, 1);
        Assert.Equal((0L, 0L, 0L), (read.Traffic.Unanswered, read.Traffic.Abandoned.Count, read.Rif));
    }

    /// <summary>A connection of a pool that waits for its first request: the server's tickets end what the certificate began.</summary>
    [Fact]
    public async Task Handshake_WithoutARequest_IsNoSampleAndNotInFlight()
    {
        await using (await ConnectAsync())
        {
            var idle = kernel.ReadUntil(_server, e => e.Connections == 1 && e.Rif == 0);
            Assert.Equal((0L, 0L), (idle.Rif, idle.Traffic.Requests));
        }

        var read = kernel.ReadUntil(_server, e => e.Connections == 0);
        output.WriteLine(
            $"{read.Traffic.Unanswered} unanswered, {read.Traffic.Abandoned.Count} abandoned, {read.Traffic.Unmeasured} unmeasured");
        Assert.Equal((0L, 0L, 0L), (read.Traffic.Requests, read.Traffic.Unanswered, read.Rif));
    }

    private async Task<SslStream> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(_server, Cancellation);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        var own = _certificate.GetCertHashString();
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "pod",
                EnabledSslProtocols = SslProtocols.Tls13,
                ClientCertificates = [_certificate],
                RemoteCertificateValidationCallback = (_, seen, _, _) => seen?.GetCertHashString() == own,
            },
            Cancellation);
        return stream;
    }

    private static async Task AskAsync(SslStream stream)
    {
        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: pod\r\n\r\n"u8.ToArray(), Cancellation);
        var buffer = new byte[1024];
        for (var got = 0; !buffer.AsSpan(0, got).EndsWith("0\r\n\r\n"u8);)
        {
            var n = await stream.ReadAsync(buffer.AsMemory(got), Cancellation);
            Assert.NotEqual(0, n);
            got += n;
        }
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=pod", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
