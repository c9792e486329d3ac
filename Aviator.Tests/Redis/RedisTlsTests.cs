using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Aviator.Redis;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Kit;
using Xunit;

namespace Aviator.Tests.Redis;

/// <summary>TLS as the connection string says; a server that no authority vouches for is refused.</summary>
public sealed class RedisTlsTests : IAsyncLifetime
{
    /// <summary>Read by the client library.</summary>
    private const string IssuerVariable = "SERedis_IssuerCertPath";

    private readonly string _directory = Directory.CreateTempSubdirectory("aviator-tls-").FullName;

    public ValueTask InitializeAsync()
    {
        var (from, until) = (DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        using var issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var issuing = new CertificateRequest("CN=aviator-test-ca", issuerKey, HashAlgorithmName.SHA256);
        issuing.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        issuing.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        using var issuer = issuing.CreateSelfSigned(from, until);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(issuer, from, until, [1, 2, 3]);

        File.WriteAllText(Path.Combine(_directory, "ca.pem"), issuer.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_directory, "server.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_directory, "server.key"), key.ExportPkcs8PrivateKeyPem());
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        Environment.SetEnvironmentVariable(IssuerVariable, null);
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Write_OverTls_WorksWhereTheIssuerIsTrustedAndOnlyThere()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var server = await RedisServer.StartAsync(
            "--tls-cert-file", Path.Combine(_directory, "server.pem"), "--tls-key-file", Path.Combine(_directory, "server.key"),
            "--tls-ca-cert-file", Path.Combine(_directory, "ca.pem"), "--tls-auth-clients", "no", "--tls-port");
        var text = $"127.0.0.1:{server.TlsPort},ssl=true,sslHost=localhost";

        await using (var stranger = new RedisClient(text))
        {
            await Eventually.TrueAsync(
                async () =>
                {
                    var fault = await Assert.ThrowsAsync<RedisUnavailableException>(() =>
                        stranger.Reports.WriteAsync(NodeReports.Small("a"), stop));
                    return stranger.Link.Health.Fault is not null && fault.Fault == RedisFault.Untrusted;
                },
                "the server is not trusted");
        }

        Environment.SetEnvironmentVariable(IssuerVariable, Path.Combine(_directory, "ca.pem"));
        await using var client = await RedisClient.ConnectAsync(text);
        await client.Reports.WriteAsync(NodeReports.Small("a"), stop);
        Assert.Single(await client.Reports.ReadAllAsync(stop));
    }
}
