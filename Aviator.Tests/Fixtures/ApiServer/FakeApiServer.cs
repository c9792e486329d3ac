using System.Collections.Concurrent;
using System.Net;
using Aviator.Kubernetes;
using k8s;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aviator.Tests.Fixtures.ApiServer;

/// <summary>What an API server answers.</summary>
internal interface IApiRoutes
{
    /// <summary>Answers one request.</summary>
    Task AnswerAsync(HttpContext context);
}

/// <summary>
/// An API server on loopback whose answers are the test's: slow, refusing, away, or of another age, which a real one is only on a bad day.
/// What needs no such day is tested on a real one.
/// </summary>
internal sealed class FakeApiServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeApiServer(WebApplication app) => _app = app;

    /// <summary>Path and query of every request so far, in order.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Where it listens.</summary>
    public string Url => _app.Urls.First();

    /// <summary>A client of it.</summary>
    public k8s.Kubernetes Client => new(new KubernetesClientConfiguration { Host = Url });

    /// <summary>Starts it on a free port.</summary>
    public static async Task<FakeApiServer> StartAsync(IApiRoutes routes)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(100));
        var app = builder.Build();
        app.UseWebSockets();
        var server = new FakeApiServer(app);
        app.Run(context =>
        {
            server.Requests.Enqueue(context.Request.Path + context.Request.QueryString);
            return routes.AnswerAsync(context);
        });
        await app.StartAsync();
        return server;
    }

    /// <summary>A connection to it, as the programs use one.</summary>
    public ApiConnection Connect(TimeProvider? time = null) => new(Client, time ?? TimeProvider.System);

    /// <summary>Goes away: connections are refused from now on.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
