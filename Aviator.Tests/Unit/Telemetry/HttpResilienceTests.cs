using System.Net;
using Aviator.ServiceDefaults;
using Aviator.Tests.Fixtures;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Aviator.Tests.Unit.Telemetry;

/// <summary>What the clients of the factory do about failures, against real sockets.</summary>
public sealed class HttpResilienceTests : IAsyncDisposable
{
    private readonly KeptLog _log = new();
    private readonly WebApplication _host;

    public HttpResilienceTests() => _host = Host(_log);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Get_ConnectionBreaksOnce_IsSentAgain()
    {
        var connections = 0;
        await using var server = new RawServer(async (stream, stop) =>
        {
            await stream.ReadAtLeastAsync(new byte[4096], 1, throwOnEndOfStream: false, stop);
            if (Interlocked.Increment(ref connections) == 1) return;
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"u8.ToArray(), stop);
        });
        Assert.Equal("ok", await Client().GetStringAsync(new Uri($"http://{server.EndPoint}/"), Stop));
        Assert.Equal(2, connections);
    }

    [Fact]
    public async Task Post_ConnectionBreaks_IsNotRepeated()
    {
        var connections = 0;
        await using var server = new RawServer(async (stream, stop) =>
        {
            await stream.ReadAtLeastAsync(new byte[4096], 1, throwOnEndOfStream: false, stop);
            Interlocked.Increment(ref connections);
        });
        await Assert.ThrowsAsync<HttpRequestException>(() =>
            Client().PostAsync(new Uri($"http://{server.EndPoint}/"), new StringContent("once"), Stop));
        Assert.Equal(1, connections);
    }

    [Fact]
    public async Task Get_ServerAnswersAnError_IsTheCallersBusiness()
    {
        await using var server = RawServer.Answering(
            "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 60\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        using var response = await Client().GetAsync(new Uri($"http://{server.EndPoint}/"), Stop);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, 1), (response.StatusCode, server.Connections));
    }

    [Fact]
    public async Task Get_NothingListens_EndsWithinTheClientsLimit()
    {
        var client = Client();
        client.Timeout = TimeSpan.FromSeconds(5);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri("http://127.0.0.1:1/"), Stop));
        // Whoever asked knows how often it has failed before and logs that; a stack trace per attempt would bury it.
        Assert.DoesNotContain(_log.Text.Split('\n'), line => line.StartsWith("Error ", StringComparison.Ordinal));
    }

    private HttpClient Client() => _host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("test");

    private static WebApplication Host(KeptLog log)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.AddServiceDefaults("test");
        builder.Services.AddHttpClient("test");
        return builder.Build();
    }
}
