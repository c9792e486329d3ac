using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Aviator.Tests.Bpf;

/// <summary>An endpoint: Kestrel on a listener of a test's network, which answers after up to 4 ms and counts.</summary>
internal sealed class PooledServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(DateTime At, string Connection)> _requests = new();

    private PooledServer(Socket listener)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(options => options.ListenHandle((ulong)listener.Handle));
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    /// <summary>When each request came, and on which connection.</summary>
    internal IReadOnlyCollection<(DateTime At, string Connection)> Requests => _requests;

    internal static async Task<PooledServer> StartAsync(Socket listener)
    {
        var server = new PooledServer(listener);
        await server._app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        _requests.Enqueue((DateTime.UtcNow, context.Connection.Id));
        await context.Request.Body.CopyToAsync(Stream.Null);
        await Task.Delay(Random.Shared.Next(5));
        await context.Response.WriteAsync("hello");
    }
}
