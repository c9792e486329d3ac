using System.Security.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Aviator.Controller.Autoscaling;

/// <summary>
/// Serves the figures by HTTPS, apart from the port that the kubelet and Prometheus use: there nobody is asked who they are.
/// </summary>
/// <param name="options">The port.</param>
/// <param name="certificate">What is served.</param>
/// <param name="requests">Answers.</param>
/// <param name="loggers">Take the log.</param>
internal sealed partial class AutoscalingServer(
    AutoscalingOptions options, ServingCertificate certificate, AutoscalingRequests requests, ILoggerFactory loggers)
    : IHostedService, IAsyncDisposable
{
    private const int Connections = 256;

    /// <summary>Bytes of a body: that of a webhook that asks for an analysis has a few hundred.</summary>
    private const int LongestBody = 16 * 1024;

    private readonly ILogger _logger = loggers.CreateLogger<AutoscalingServer>();
    private WebApplication? _app;

    /// <summary>The port that it listens on; null while it does not.</summary>
    public int? Port => _app?.Urls.FirstOrDefault() is { } url ? new Uri(url).Port : null;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new() { ApplicationName = "Aviator.Controller" });
        builder.Services.AddSingleton(loggers);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            (kestrel.Limits.MaxConcurrentConnections, kestrel.Limits.MaxRequestBodySize) = (Connections, LongestBody);
            kestrel.ListenAnyIP(options.Port, listen => listen.UseHttps(Tls));
        });
        var app = builder.Build();
        app.Run(requests.AnswerAsync);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException fault)
        {
            // Traffic is worth more than figures of it: the controller continues without them.
            LogNotServed(fault.Message);
            await app.DisposeAsync();
            return;
        }

        _app = app;
        LogServed(options.Port);
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => _app?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>A client certificate is asked for and judged by the request, so that a refusal can say why.</summary>
    private void Tls(HttpsConnectionAdapterOptions https)
    {
        https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
        https.AllowAnyClientCertificate();
        https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
        https.ServerCertificateSelector = (_, _) => certificate.Current?.TargetCertificate;
        // With those that lead to its authority, which a selector has no room for.
        https.OnAuthenticate = (_, tls) => (tls.ServerCertificateContext, tls.ServerCertificateSelectionCallback) =
            (certificate.Current ?? throw new AuthenticationException("There is no serving certificate."), null);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Serving figures for autoscalers by HTTPS on port {Port}")]
    private partial void LogServed(int port);

    [LoggerMessage(Level = LogLevel.Error, Message = "Failed to serve figures for autoscalers; the controller continues without: {Error}")]
    private partial void LogNotServed(string error);
}
