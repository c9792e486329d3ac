using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Aviator.Agent;
using Aviator.Agent.Sources;
using Aviator.Agent.Steering;
using Aviator.Core.Measurement;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Aviator.Tests.Fixtures;

/// <summary>A real agent in this process, on a free port of loopback.</summary>
internal sealed class RunningAgent : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RunningAgent(WebApplication app)
    {
        _app = app;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    public HttpClient Client { get; }

    public static Task<RunningAgent> StartAsync(OpenKernel openKernel, Action<IServiceCollection>? configure, params string[] options) =>
        StartAsync(openKernel, null, configure, options);

    /// <summary>Starts one that takes orders, if <paramref name="openTable"/> is given.</summary>
    public static async Task<RunningAgent> StartAsync(
        OpenKernel openKernel, OpenConnectTable? openTable, Action<IServiceCollection>? configure, params string[] options)
    {
        var app = AgentHost.Build([.. Fast, .. options.Select(option =>
            option.StartsWith("--", StringComparison.Ordinal) ? option : $"--Agent:{option}")], openKernel, configure, openTable);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new RunningAgent(app);
    }

    public async Task<NodeReport> ReportAsync() =>
        (await Client.GetFromJsonAsync("/latencies", MeasurementJson.Default.NodeReport, TestContext.Current.CancellationToken))!;

    public async Task<EndpointReport> SingleAsync() => Assert.Single((await ReportAsync()).Endpoints);

    public async Task<(HttpStatusCode Status, JsonElement Checks)> HealthAsync(string path)
    {
        using var response = await Client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        return (response.StatusCode, body.GetProperty("checks"));
    }

    public async Task<string> MetricsAsync() =>
        await Client.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);

    /// <summary>Waits for so many reads from now on.</summary>
    public async Task ReadsAsync(int count = 2)
    {
        var from = (await ReportAsync()).Sequence;
        await Eventually.TrueAsync(async () => (await ReportAsync()).Sequence >= from + count, $"{count} reads");
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static readonly string[] Fast =
    [
        "--Agent:ListenAddress=127.0.0.1", "--Agent:Port=0", "--Agent:NodeName=node-1", "--Agent:SubWindow=00:00:00.100",
        "--Agent:Probe:Interval=00:00:00.100", "--Agent:Probe:IdleAfter=00:00:00.300", "--Agent:Probe:Timeout=00:00:00.500",
    ];
}
