using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Aviator.Controller.Analysis;
using Aviator.Controller.Autoscaling;
using Aviator.Controller.Leadership;
using Aviator.Tests.Fixtures.ApiServer;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Aviator.Tests.Unit.Autoscaling;

/// <summary>The figures as they are served: real HTTPS, real certificates, an API server of the test's.</summary>
internal sealed class ServedFigures : ILeadership, IAsyncDisposable
{
    public const string Aggregator = "front-proxy-client";
    public const string Host = "aviator-autoscaling.aviator-system.svc";

    private readonly LeaderTerm _term = LeaderTerm.Endless(TimeProvider.System);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("aviator-figures-");
    private readonly TestAuthority _serving = new("serving");
    private readonly List<IDisposable> _owned = [];
    private readonly FakeApiServer _server;
    private readonly AutoscalingOptions _options;
    private AutoscalingServer? _figures;

    private ServedFigures(ReviewingApi api, FakeApiServer server)
    {
        (Api, _server) = (api, server);
        _options = new()
        {
            Enabled = true,
            Port = 0,
            CertificateFile = Path.Combine(_folder.FullName, "tls.crt"),
            KeyFile = Path.Combine(_folder.FullName, "tls.key"),
        };
        Keeper = new(Time);
        FrontProxy = new(server.Connect(), Time, NullLogger<FrontProxySource>.Instance);
        ReplaceServingCertificate();
    }

    /// <summary>The clock of everything that is remembered.</summary>
    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UtcNow);

    public ReviewingApi Api { get; }

    public FigureKeeper Keeper { get; }

    /// <summary>Compares versions.</summary>
    public VersionAnalyses Analyses { get; } = new();

    public FrontProxySource FrontProxy { get; }

    /// <summary>The authority of the aggregator's certificate.</summary>
    public TestAuthority Proxies { get; } = new("front-proxy-ca");

    public bool Leads { get; set; } = true;

    public LeaderTerm? Term => Leads ? _term : null;

    public string? Holder { get; set; }

    /// <summary>Starts it; the aggregator is known by <see cref="Proxies"/> and the name <see cref="Aggregator"/>.</summary>
    public static async Task<ServedFigures> StartAsync(CancellationToken stop)
    {
        var api = new ReviewingApi();
        var world = new ServedFigures(api, await FakeApiServer.StartAsync(api));
        api.FrontProxy["requestheader-client-ca-file"] = world.Proxies.Pem;
        api.FrontProxy["requestheader-allowed-names"] = $"""["{Aggregator}"]""";
        api.FrontProxy["requestheader-username-headers"] = """["X-Remote-User"]""";
        api.FrontProxy["requestheader-group-headers"] = """["X-Remote-Group"]""";
        api.FrontProxy["requestheader-extra-headers-prefix"] = """["X-Remote-Extra-"]""";
        await world.FrontProxy.ReadAsync(stop);
        var reviews = new AccessReviews(world._server.Connect(), world._options, world.Time);
        world._figures = new(
            world._options,
            new ServingCertificate(world._options, world.Time, NullLogger<ServingCertificate>.Instance),
            new AutoscalingRequests(new(world.FrontProxy, reviews), reviews, world.Keeper, world.Analyses, world),
            NullLoggerFactory.Instance);
        await world._figures.StartAsync(stop);
        return world;
    }

    /// <summary>The API server goes away.</summary>
    public Task StopApiAsync() => _server.StopAsync();

    /// <summary>Another certificate of the same authority lies in the files.</summary>
    /// <returns>Its serial number.</returns>
    public string ReplaceServingCertificate()
    {
        using var certificate = _serving.Server(Host);
        File.WriteAllText(_options.CertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(_options.KeyFile, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        return certificate.SerialNumber;
    }

    /// <summary>What lies in the files is no certificate.</summary>
    public void BreakServingCertificate() => File.WriteAllText(_options.CertificateFile, "half a fi");

    /// <summary>A client as the aggregator is one: it knows the server by authority and name, and shows a certificate or none.</summary>
    /// <param name="certificate">What it shows.</param>
    /// <param name="seen">Told the server's certificate.</param>
    public HttpClient Client(X509Certificate2? certificate = null, Action<string>? seen = null)
    {
        var address = new IPEndPoint(IPAddress.Loopback, _figures!.Port!.Value);
        var handler = new SocketsHttpHandler { ConnectCallback = (_, cancellationToken) => ConnectAsync(address, cancellationToken) };
        if (certificate is not null)
        {
            handler.SslOptions.ClientCertificates = [certificate];
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        }

        handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, errors) =>
        {
            seen?.Invoke(presented!.GetSerialNumberString());
            using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust } };
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.CustomTrustStore.Add(_serving.Certificate);
            return (errors & SslPolicyErrors.RemoteCertificateNameMismatch) == 0 && chain.Build((X509Certificate2)presented!);
        };
        var client = new HttpClient(handler)
        {
            BaseAddress = new($"https://{Host}"),
            Timeout = TimeSpan.FromSeconds(10),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        _owned.Add(client);
        if (certificate is not null) _owned.Add(certificate);
        return client;
    }

    /// <summary>The aggregator, with a request of the horizontal pod autoscaler.</summary>
    public HttpClient ForAutoscaler()
    {
        var client = Client(Proxies.Client(Aggregator));
        client.DefaultRequestHeaders.Add("X-Remote-User", "system:serviceaccount:kube-system:horizontal-pod-autoscaler");
        client.DefaultRequestHeaders.Add("X-Remote-Group", "system:authenticated");
        return client;
    }

    private static async ValueTask<Stream> ConnectAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    public Task<LeaderTerm> NextTermAsync(LeaderTerm? last, CancellationToken cancellationToken) => Task.FromResult(_term);

    public async ValueTask DisposeAsync()
    {
        foreach (var owned in _owned) owned.Dispose();
        if (_figures is not null) await _figures.DisposeAsync();
        await _server.DisposeAsync();
        FrontProxy.Dispose();
        Proxies.Dispose();
        _serving.Dispose();
        _term.Dispose();
        _folder.Delete(recursive: true);
    }
}
