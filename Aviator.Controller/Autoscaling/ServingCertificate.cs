using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Aviator.ServiceDefaults;

namespace Aviator.Controller.Autoscaling;

/// <summary>
/// The certificate that is served, from files that the kubelet replaces: read again every few seconds while connections come, because a
/// watch would have to follow the links that the kubelet swaps. One that cannot be read leaves the one before in use.
/// </summary>
/// <param name="options">The files.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes failures.</param>
internal sealed partial class ServingCertificate(AutoscalingOptions options, TimeProvider time, ILogger<ServingCertificate> logger)
{
    /// <summary>How long what was read is used.</summary>
    public static readonly TimeSpan UseFor = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Outage _outage = new();
    private SslStreamCertificateContext? _current;
    private string _read = "";
    private long? _readAt;

    /// <summary>The certificate as of the last few seconds, with those that lead to its authority; null when there never was one.</summary>
    public SslStreamCertificateContext? Current
    {
        get
        {
            lock (_lock)
            {
                if (_readAt is { } at && time.GetElapsedTime(at) < UseFor) return _current;
                _readAt = time.GetTimestamp();
                Load();
                return _current;
            }
        }
    }

    private void Load()
    {
        try
        {
            var (certificates, key) = (File.ReadAllText(options.CertificateFile), File.ReadAllText(options.KeyFile));
            if (certificates + key != _read)
            {
                var chain = new X509Certificate2Collection();
                chain.ImportFromPem(certificates);
                _current = SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(certificates, key), chain, offline: true);
                (_read, var subject) = (certificates + key, _current.TargetCertificate);
                LogRead(subject.Subject, subject.NotAfter.ToUniversalTime());
            }

            _outage.Succeeded();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            if (_outage.Failed(fault.Message)) LogFailed(options.CertificateFile, options.KeyFile, fault.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Read the serving certificate {Subject}, valid until {Until:u}")]
    private partial void LogRead(string subject, DateTime until);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Failed to read the serving certificate from {CertificateFile} and {KeyFile}; the one before stays in use: {Error}")]
    private partial void LogFailed(string certificateFile, string keyFile, string error);
}
