using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Aviator.Tests.Bpf;

/// <summary>
/// OpenSSL on a plain socket, as Python's and many C servers use it: each session ticket is a write of its own, and Nagle's algorithm is
/// on. Serves one connection after another.
/// </summary>
internal sealed partial class OpenSslServer : IDisposable
{
    private const string Library = "libssl.so.3";
    private const int PemFile = 1; // SSL_FILETYPE_PEM
    private readonly string _directory = Directory.CreateTempSubdirectory("aviator-openssl-").FullName;
    private readonly nint _context;

    internal OpenSslServer()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=pod", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        CertificateHash = certificate.GetCertHashString();
        var (pem, keyPem) = (Path.Combine(_directory, "pod.pem"), Path.Combine(_directory, "pod.key"));
        File.WriteAllText(pem, certificate.ExportCertificatePem());
        File.WriteAllText(keyPem, key.ExportPkcs8PrivateKeyPem());
        _context = NewContext(ServerMethod());
        Check(UseCertificate(_context, pem, PemFile));
        Check(UseKey(_context, keyPem, PemFile));
    }

    /// <summary>By which a client knows the server.</summary>
    internal string CertificateHash { get; }

    /// <summary>Answers so many requests of a length, each after a pause; then closes.</summary>
    internal void Serve(Socket accepted, int requests, int requestBytes, TimeSpan pause, byte[] answer)
    {
        accepted.NoDelay = false;
        var connection = New(_context);
        try
        {
            Check(SetFile(connection, (int)accepted.Handle));
            Check(Accept(connection));
            var buffer = new byte[1024];
            for (var i = 0; i < requests; i++)
            {
                for (var got = 0; got < requestBytes;)
                {
                    var n = Read(connection, buffer, buffer.Length);
                    Check(n);
                    got += n;
                }

                RealTime.Pass(pause);
                Check(Write(connection, answer, answer.Length));
            }
        }
        finally
        {
            Free(connection);
        }
    }

    public void Dispose()
    {
        FreeContext(_context);
        Directory.Delete(_directory, recursive: true);
    }

    private static void Check(int result)
    {
        if (result <= 0) throw new IOException("OpenSSL failed.");
    }

    [LibraryImport(Library, EntryPoint = "TLS_server_method")]
    private static partial nint ServerMethod();

    [LibraryImport(Library, EntryPoint = "SSL_CTX_new")]
    private static partial nint NewContext(nint method);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_free")]
    private static partial void FreeContext(nint context);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_use_certificate_file", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UseCertificate(nint context, string file, int type);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_use_PrivateKey_file", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UseKey(nint context, string file, int type);

    [LibraryImport(Library, EntryPoint = "SSL_new")]
    private static partial nint New(nint context);

    [LibraryImport(Library, EntryPoint = "SSL_free")]
    private static partial void Free(nint connection);

    [LibraryImport(Library, EntryPoint = "SSL_set_fd")]
    private static partial int SetFile(nint connection, int file);

    [LibraryImport(Library, EntryPoint = "SSL_accept")]
    private static partial int Accept(nint connection);

    [LibraryImport(Library, EntryPoint = "SSL_read")]
    private static partial int Read(nint connection, byte[] buffer, int length);

    [LibraryImport(Library, EntryPoint = "SSL_write")]
    private static partial int Write(nint connection, byte[] buffer, int length);
}
