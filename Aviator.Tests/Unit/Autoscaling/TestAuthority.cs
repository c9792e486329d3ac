using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Aviator.Tests.Unit.Autoscaling;

/// <summary>A certificate authority of the test's, and what it signs.</summary>
internal sealed class TestAuthority : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1", ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private static readonly TimeSpan Life = TimeSpan.FromHours(1);

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public TestAuthority(string name)
    {
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        Certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow - Life, DateTimeOffset.UtcNow + Life);
    }

    /// <summary>The authority's own certificate.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The same as PEM.</summary>
    public string Pem => Certificate.ExportCertificatePem();

    /// <summary>A client's certificate, valid now or in the past.</summary>
    public X509Certificate2 Client(string name, bool expired = false) => Sign(name, ClientAuthentication, [], expired);

    /// <summary>A server's certificate.</summary>
    public X509Certificate2 Server(params IEnumerable<string> names) => Sign("server", ServerAuthentication, names, expired: false);

    public void Dispose()
    {
        Certificate.Dispose();
        _key.Dispose();
    }

    private X509Certificate2 Sign(string name, string usage, IEnumerable<string> dns, bool expired)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new(usage)], false));
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var one in dns) alternatives.AddDnsName(one);
        if (dns.Any()) request.CertificateExtensions.Add(alternatives.Build());
        var from = DateTimeOffset.UtcNow - (Life / 2);
        using var signed = request.Create(Certificate, from, expired ? from + (Life / 4) : from + Life, RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }
}
