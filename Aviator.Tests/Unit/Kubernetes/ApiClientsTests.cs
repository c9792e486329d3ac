using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Aviator.Kubernetes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Aviator.Tests.Unit.Kubernetes;

public sealed class ApiClientsTests
{
    [Fact]
    public async Task Watch_ConnectionGoesSilent_EndsAfterAPingAndNotAfterMinutes()
    {
        var stop = TestContext.Current.CancellationToken;
        using var certificate = Certificate();
        await using var server = await StartAsync(certificate, stop);
        using var wire = new SilentWire(new Uri(server.Urls.First()).Port);
        using var client = ApiClients.Create(new() { Host = $"https://127.0.0.1:{wire.Port}", SkipTlsVerify = true },
            TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        using var watch = await new ApiConnection(client, TimeProvider.System)
            .OpenAsync(HttpMethod.Get, "watch", null, ApiConnection.Json, stop);
        Assert.Equal(HttpVersion.Version20, watch.Version);
        await using var content = await watch.Content.ReadAsStreamAsync(stop);
        var buffer = new byte[16];
        Assert.Equal(1, await content.ReadAsync(buffer, stop));

        wire.FallSilent();

        var end = content.ReadAsync(buffer, stop).AsTask();
        await Assert.ThrowsAnyAsync<Exception>(() => end.WaitAsync(TimeSpan.FromSeconds(30), stop));
        Assert.True(end.IsFaulted, "the watch still waits");
    }

    /// <summary>A server of HTTP/2 whose watch sends one byte and then nothing.</summary>
    private static async Task<WebApplication> StartAsync(X509Certificate2 certificate, CancellationToken stop)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration()
            .ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        var app = builder.Build();
        app.Run(async context =>
        {
            await context.Response.WriteAsync("\n", stop);
            await context.Response.Body.FlushAsync(stop);
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        await app.StartAsync(stop);
        return app;
    }

    private static X509Certificate2 Certificate()
    {
        using var key = RSA.Create(2048);
        using var made = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }

    /// <summary>
    /// Carries one connection to a port on loopback, until it carries nothing more and closes nothing either, as a machine that lost its
    /// power.
    /// </summary>
    private sealed class SilentWire : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _silence = new();
        private readonly List<Socket> _sockets = [];

        public SilentWire(int target)
        {
            _listener.Start();
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
            _ = CarryAsync(target);
        }

        public int Port { get; }

        public void FallSilent() => _silence.Cancel();

        public void Dispose()
        {
            _silence.Cancel();
            _listener.Dispose();
            foreach (var socket in _sockets) socket.Dispose();
            _silence.Dispose();
        }

        private async Task CarryAsync(int target)
        {
            var client = await _listener.AcceptSocketAsync();
            var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
            _sockets.AddRange([client, server]);
            await server.ConnectAsync(new IPEndPoint(IPAddress.Loopback, target));
            await Task.WhenAll(CopyAsync(client, server), CopyAsync(server, client)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        private async Task CopyAsync(Socket from, Socket to)
        {
            var buffer = new byte[16384];
            int read;
            while ((read = await from.ReceiveAsync(buffer, _silence.Token)) > 0)
                await to.SendAsync(buffer.AsMemory(0, read), _silence.Token);
        }
    }
}
