using System.Net;
using System.Net.Sockets;
using Aviator.Agent.Bpf;
using Aviator.Tests.Kit;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>gRPC as people run it: ASP.NET Core's server and .NET's client, on one connection.</summary>
[Collection(KernelCollection.Name)]
public sealed class GrpcTests(KernelFixture kernel) : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly IPAddress _address = kernel.NextAddress();
    private WebApplication? _app;
    private GrpcChannel? _channel;
    private IPEndPoint _server = new(0, 0);
    private CallInvoker _calls = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(_address, 0, listen => listen.Protocols = HttpProtocols.Http2));
        _app = builder.Build();
        _app.MapGrpcService<GrpcService>();
        await _app.StartAsync(Cancellation);
        _server = new IPEndPoint(_address, new Uri(_app.Urls.Single()).Port);
        // With as many calls at once as a connection takes, the client's own choice may open a second one.
        var handler = new SocketsHttpHandler { EnableMultipleHttp2Connections = false };
        _channel = GrpcChannel.ForAddress($"http://{_server}", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        _calls = _channel.CreateCallInvoker();
    }

    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        if (_app is not null) await _app.DisposeAsync();
    }

    [Fact]
    public async Task Unary_OneAfterTheOther_EachMeasured()
    {
        const int calls = 20, milliseconds = 20;
        for (var i = 0; i < calls; i++) Assert.Equal("done", await Unary(GrpcService.Wait, "20"));
        var read = AssertCounts(calls);
        // Task.Delay runs on the kernel's coarse clock and may end a tick early.
        Assert.True(read.Traffic.Latency.Quantile(0)!.Value >= HistogramTolerance.Low(TimeSpan.FromMilliseconds(milliseconds - 5)));
    }

    /// <summary>As new connections are what a Service spreads. One that brings no call is a kubelet's TCP probe.</summary>
    [Fact]
    public async Task Unary_EachOnAConnectionOfItsOwn_EachMeasured()
    {
        const int calls = 20;
        for (var i = 0; i < calls; i++)
        {
            using (var probe = new TcpClient(AddressFamily.InterNetwork)) await probe.ConnectAsync(_server, Cancellation);
            using var channel = GrpcChannel.ForAddress($"http://{_server}");
            Assert.Equal("done", await Unary(channel.CreateCallInvoker(), GrpcService.Wait, "20"));
        }

        AssertCounts(calls);
    }

    [Fact]
    public async Task Unary_100AtOnceOnOneConnection_AreInFlightAndMeasured()
    {
        const int calls = 100;
        var under = Enumerable.Range(0, calls).Select(_ => Unary(GrpcService.Wait, "2000")).ToList();
        var read = kernel.ReadUntil(_server, e => e.Rif == calls);
        Assert.Equal((calls, 1), (read.Rif, read.Connections));
        await Task.WhenAll(under);
        read = AssertCounts(calls);
        Assert.True(read.Traffic.Latency.Quantile(0)!.Value >= HistogramTolerance.Low(TimeSpan.FromMilliseconds(1995)));
    }

    /// <summary>The second failure of a kind is a number of HPACK's table.</summary>
    [Fact]
    public async Task Failures_ByGrpcStatus_AreServerErrors()
    {
        const int rounds = 4;
        StatusCode[] servers = [StatusCode.Internal, StatusCode.Unavailable, StatusCode.Unknown, StatusCode.Unimplemented];
        StatusCode[] callers = [StatusCode.NotFound, StatusCode.InvalidArgument, StatusCode.PermissionDenied, StatusCode.Cancelled];
        for (var i = 0; i < rounds; i++)
        {
            foreach (var code in servers.Concat(callers))
            {
                var failure = await Assert.ThrowsAsync<RpcException>(() => Unary(GrpcService.Fail, code.ToString()));
                Assert.Equal(code, failure.StatusCode);
            }

            await Unary(GrpcService.Wait, "0");
        }

        AssertCounts(rounds * (servers.Length + callers.Length + 1), serverErrors: rounds * servers.Length);
    }

    [Fact]
    public async Task ServerStreaming_MeasuredToTheFirstMessage_IsLoadToTheLast()
    {
        using var call = _calls.AsyncServerStreamingCall(GrpcService.Stream, null, new CallOptions(cancellationToken: Cancellation), "300");
        Assert.True(await call.ResponseStream.MoveNext(Cancellation));
        var read = kernel.Read(_server);
        Assert.Equal(
            (1L, 1L, 1L, TimeSpan.Zero), (read.Traffic.Requests, read.Rif, read.AnswersUnderWay, read.OldestInFlight));
        var messages = 1;
        while (await call.ResponseStream.MoveNext(Cancellation)) messages++;
        Assert.Equal(GrpcService.Messages, messages);
        read = AssertCounts(requests: 1);
        Assert.True(read.Traffic.Latency.Quantile(1)!.Value < TimeSpan.FromMilliseconds(5 * 300), "The whole stream was measured.");
    }

    [Fact]
    public async Task Cancelled_BeforeTheAnswer_IsNoFailureAndLeavesNothingOpen()
    {
        await Unary(GrpcService.Wait, "0");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var under = _calls.AsyncUnaryCall(GrpcService.Wait, null, new CallOptions(cancellationToken: patience.Token), "60000");
        Assert.Equal(1, kernel.ReadUntil(_server, e => e.Rif == 1).Rif);
        await patience.CancelAsync();
        await Assert.ThrowsAsync<RpcException>(() => under.ResponseAsync.WaitAsync(Limit, Cancellation));
        kernel.ReadUntil(_server, e => e.Rif == 0);
        AssertCounts(requests: 2, abandoned: 1);
    }

    private Task<string> Unary(Method<string, string> method, string request) => Unary(_calls, method, request);

    private static Task<string> Unary(CallInvoker calls, Method<string, string> method, string request) =>
        calls.AsyncUnaryCall(method, null, new CallOptions(cancellationToken: Cancellation), request)
            .ResponseAsync.WaitAsync(Limit, Cancellation);

    private KernelEndpointCounters AssertCounts(int requests, int unmeasured = 0, int serverErrors = 0, int abandoned = 0)
    {
        var read = kernel.ReadUntil(_server, e => e.Rif == 0);
        Assert.Equal((requests, abandoned, unmeasured, 0L, serverErrors, 0L),
            (read.Traffic.Requests, read.Traffic.Abandoned.Count, read.Traffic.Unmeasured, read.Traffic.Unanswered,
                read.Traffic.ServerErrors, read.Rif));
        return read;
    }
}
