using System.Net;
using Aviator.Core.Boards;
using Microsoft.Extensions.Options;

namespace Aviator.Controller.Boards;

/// <summary>
/// Serves the page, on the loopback address alone and apart from the port that the kubelet and Prometheus use: in a pod only its own
/// containers reach that address, and who may forward ports to it (<c>kubectl port-forward</c>).
/// </summary>
/// <param name="options">The port.</param>
/// <param name="publisher">Makes the boards.</param>
/// <param name="simulations">Answers what policies would decide.</param>
/// <param name="time">The clock.</param>
/// <param name="loggers">Take the log.</param>
internal sealed partial class PageServer(
    IOptions<PageOptions> options, BoardPublisher publisher, SimulationRequests simulations, TimeProvider time, ILoggerFactory loggers)
    : IHostedService, IAsyncDisposable
{
    private const int Connections = 64;

    private readonly ILogger _logger = loggers.CreateLogger<PageServer>();
    private WebApplication? _app;

    /// <summary>Where the page is; null while it is not served.</summary>
    public Uri? Address => _app?.Urls.FirstOrDefault() is { } url ? new(url) : null;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new() { ApplicationName = "Aviator.Controller" });
        builder.Services.AddSingleton(loggers);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            (kestrel.AddServerHeader, kestrel.Limits.MaxConcurrentConnections) = (false, Connections);
            kestrel.Listen(IPAddress.Loopback, options.Value.Port);
        });
        var app = builder.Build();
        var events = new BoardEvents(publisher, time, app.Lifetime.ApplicationStopping);
        app.Use((context, next) => PageAnswers.GuardAsync(context, next));
        app.Run(context => context.Request.Path.Value switch
        {
            BoardAddress.Path => BoardAsync(context),
            BoardAddress.EventsPath => events.ServeAsync(context),
            BoardAddress.SimulationPath => simulations.ServeAsync(context),
            var path => FileAsync(context, path ?? "/"),
        });
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException fault)
        {
            // Traffic is worth more than its picture: the controller goes on without the page.
            LogNotServed(fault.Message);
            await app.DisposeAsync();
            return;
        }

        _app = app;
        LogServed(Address!);
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => _app?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app?.DisposeAsync() ?? ValueTask.CompletedTask;

    private Task BoardAsync(HttpContext context)
    {
        var board = publisher.Current;
        // For programs, which would take an empty list for a cluster without policies.
        if (!board.Board.Leads) context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return WriteAsync(context, "application/json", board.Json);
    }

    private static Task FileAsync(HttpContext context, string path) => PageFiles.Find(path) is { } file
        ? WriteAsync(context, file.ContentType, file.Content)
        : PageAnswers.RefuseAsync(context, StatusCodes.Status404NotFound, "There is no such page.");

    private static async Task WriteAsync(HttpContext context, string type, ReadOnlyMemory<byte> content)
    {
        (context.Response.ContentType, context.Response.ContentLength) = (type, content.Length);
        if (!HttpMethods.IsHead(context.Request.Method)) await context.Response.Body.WriteAsync(content, context.RequestAborted);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Serving the live page at {Address}")]
    private partial void LogServed(Uri address);

    [LoggerMessage(Level = LogLevel.Error, Message = "Failed to serve the live page; the controller works on without it: {Error}")]
    private partial void LogNotServed(string error);
}
