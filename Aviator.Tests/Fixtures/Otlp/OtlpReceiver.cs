using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aviator.Tests.Fixtures.Otlp;

/// <summary>Takes telemetry as a collector does, by OTLP over gRPC and over HTTP, on loopback, and keeps what it got.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OtlpReceiver(WebApplication app) => _app = app;

    public ConcurrentQueue<OtlpSpan> Spans { get; } = new();

    public ConcurrentQueue<OtlpMetric> Metrics { get; } = new();

    public ConcurrentQueue<OtlpLog> Logs { get; } = new();

    /// <summary>What could not be read, with the reason.</summary>
    public ConcurrentQueue<string> Faults { get; } = new();

    public string HttpAddress => _app.Urls.First();

    public string GrpcAddress => _app.Urls.Last();

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(100));
        var app = builder.Build();
        var receiver = new OtlpReceiver(app);
        app.Run(receiver.TakeAsync);
        await app.StartAsync();
        return receiver;
    }

    /// <summary>The settings that send a process's telemetry here, soon. A process reads them from its environment only.</summary>
    public Dictionary<string, string> Settings(bool grpc) => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = grpc ? GrpcAddress : HttpAddress,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = grpc ? "grpc" : "http/protobuf",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
        ["OTEL_BLRP_SCHEDULE_DELAY"] = "200",
    };

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        var body = new ReadOnlyMemory<byte>(buffer.GetBuffer(), 0, (int)buffer.Length);
        var grpc = context.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) == true;
        // gRPC: one flag, the length as four bytes, the message.
        if (grpc) body = body.Slice(5, BinaryPrimitives.ReadInt32BigEndian(body.Span[1..5]));
        try
        {
            Keep(context.Request.Path.Value!, body);
        }
        catch (InvalidDataException fault)
        {
            Faults.Enqueue($"{context.Request.Path}: {fault.Message}");
        }

        context.Response.ContentType = grpc ? "application/grpc" : "application/x-protobuf";
        if (!grpc) return;
        await context.Response.Body.WriteAsync(new byte[5], context.RequestAborted);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    private void Keep(string path, ReadOnlyMemory<byte> body)
    {
        switch (path)
        {
            case "/v1/traces" or "/opentelemetry.proto.collector.trace.v1.TraceService/Export":
                foreach (var span in OtlpSignals.Spans(body)) Spans.Enqueue(span);
                break;
            case "/v1/metrics" or "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export":
                foreach (var metric in OtlpSignals.Metrics(body)) Metrics.Enqueue(metric);
                break;
            case "/v1/logs" or "/opentelemetry.proto.collector.logs.v1.LogsService/Export":
                foreach (var log in OtlpSignals.Logs(body)) Logs.Enqueue(log);
                break;
            default:
                Faults.Enqueue($"{path}: no such service");
                break;
        }
    }
}
