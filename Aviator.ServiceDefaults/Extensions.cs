using Aviator.ServiceDefaults.Health;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Aviator.ServiceDefaults;

/// <summary>What agent and controller have in common: telemetry and health, the same way in both.</summary>
public static class Extensions
{
    /// <summary>
    /// Meters and activity sources that are exported: <c>Aviator.Agent</c>, <c>Aviator.Controller</c> and what joins them.
    /// </summary>
    public const string TelemetryNames = "Aviator.*";

    /// <summary>Tag of a trace's first span: true when it changed something. Such traces are exported, all others are sampled.</summary>
    public const string ChangedTag = QuietTraceSampler.ChangedTag;

    /// <summary>
    /// Adds metrics (Prometheus always; OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set, then with logs and traces too), health checks,
    /// and resilience for every client of <see cref="IHttpClientFactory"/>. The HTTP client's own meter is left out on purpose: its
    /// server.address label would carry pod addresses.
    /// </summary>
    /// <param name="builder">The host to add to.</param>
    /// <param name="serviceName">The service's name in telemetry, unless <c>OTEL_SERVICE_NAME</c> says otherwise.</param>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder, string serviceName)
        where TBuilder : IHostApplicationBuilder
    {
        var name = builder.Configuration["OTEL_SERVICE_NAME"] is { Length: > 0 } given ? given : serviceName;
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(name))
            .WithMetrics(metrics => metrics.AddMeter(TelemetryNames).AddRuntimeInstrumentation().AddPrometheusExporter());
        if (builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 })
        {
            builder.Logging.AddOpenTelemetry(logging =>
            {
                logging.IncludeFormattedMessage = true;
                logging.IncludeScopes = true;
            });
            telemetry.WithTracing(tracing => AddTracing(tracing, builder.Configuration)).UseOtlpExporter();
        }

        builder.Services.AddOptions<TelemetryOptions>().BindConfiguration(TelemetryOptions.Section)
            .Validate(
                options => options.KeepOneQuietTraceIn is >= 1 and <= TelemetryOptions.MostQuiet,
                $"{TelemetryOptions.Section}:{nameof(TelemetryOptions.KeepOneQuietTraceIn)} is not a number from 1 (every trace) "
                + $"to {TelemetryOptions.MostQuiet}")
            .ValidateOnStart();

        builder.Services.AddHealthChecks();
        builder.Services.ConfigureHttpClientDefaults(HttpResilience.Add);
        // The caller logs the outcome, once per change. The handler would log each failed attempt, the last one as an error with its stack
        // trace.
        builder.Logging.AddFilter("Polly", LogLevel.None);
        return builder;
    }

    /// <summary>
    /// Maps <c>/healthz</c> (checks tagged <see cref="HealthTags.Live"/>), <c>/readyz</c> (checks tagged <see cref="HealthTags.Ready"/>)
    /// and <c>/metrics</c>, in every environment: the kubelet and Prometheus need them everywhere.
    /// </summary>
    /// <param name="app">The application to map in.</param>
    /// <param name="metrics">Given the route of the metrics, to guard it; the health endpoints are open always.</param>
    public static WebApplication MapDefaultEndpoints(this WebApplication app, Action<IEndpointConventionBuilder>? metrics = null)
    {
        MapHealth(app, "/healthz", HealthTags.Live);
        MapHealth(app, "/readyz", HealthTags.Ready);
        var scraping = app.MapPrometheusScrapingEndpoint("/metrics");
        metrics?.Invoke(scraping);
        return app;
    }

    private static void AddTracing(TracerProviderBuilder tracing, IConfiguration configuration)
    {
        tracing.AddSource(TelemetryNames);
        if (configuration["OTEL_TRACES_SAMPLER"] is { Length: > 0 }) return;
        tracing
            .SetSampler(provider =>
                new QuietTraceSampler(provider.GetRequiredService<IOptions<TelemetryOptions>>().Value.KeepOneQuietTraceIn))
            .AddProcessor(new FailedSpanProcessor());
    }

    private static void MapHealth(IEndpointRouteBuilder app, string path, string tag) =>
        app.MapHealthChecks(path, new HealthCheckOptions
        {
            Predicate = check => check.Tags.Contains(tag),
            ResponseWriter = HealthJson.WriteAsync,
            AllowCachingResponses = false,
        });
}
