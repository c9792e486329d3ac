using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using Aviator.Core.Measurement;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Processes;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>The agent as its own process, with static endpoints, on a free port of loopback.</summary>
internal sealed partial class AgentProcess : IAsyncDisposable
{
    private readonly HttpClient _client;

    private AgentProcess(ChildProcess process, int port)
    {
        Process = process;
        _client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeLimits.Answer };
    }

    public ChildProcess Process { get; }

    public string Output => Process.Output;

    /// <summary>Starts it and waits until it has read the counters.</summary>
    public static async Task<AgentProcess> StartAsync(IEnumerable<IPEndPoint> endpoints, params string[] options)
    {
        var port = FreePort.Find();
        var settings = endpoints
            .SelectMany((endpoint, i) => new[] { $"Endpoints:{i}:Address={endpoint.Address}", $"Endpoints:{i}:Port={endpoint.Port}" })
            .Concat(options)
            .Concat(["ListenAddress=127.0.0.1", $"Port={port}"]);
        var program = Path.Combine(AppContext.BaseDirectory, "Aviator.Agent.dll");
        var agent = new AgentProcess(ChildProcess.Start("agent", ["dotnet", program, .. settings.Select(setting => $"--Agent:{setting}")]),
            port);
        try
        {
            await Eventually.TrueAsync(async () => agent.Process.HasExited || (await agent.TryReportAsync())?.Sequence > 0,
                "the agent's first report", TimeLimits.Seconds(60));
            Assert.False(agent.Process.HasExited, agent.Output);
            return agent;
        }
        catch
        {
            await agent.DisposeAsync();
            throw;
        }
    }

    public async Task<NodeReport> ReportAsync() =>
        (await _client.GetFromJsonAsync("/latencies", MeasurementJson.Default.NodeReport, TestContext.Current.CancellationToken))!;

    public async Task<string> GetAsync(string path) =>
        await _client.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);

    /// <summary>Ids of the kernel programs that the process holds.</summary>
    public IReadOnlyList<uint> KernelPrograms() =>
    [
        .. Directory.EnumerateFiles($"/proc/{Process.Id}/fdinfo").SelectMany(File.ReadLines)
            .Where(line => line.StartsWith("prog_id:", StringComparison.Ordinal))
            .Select(line => uint.Parse(line.AsSpan("prog_id:".Length), CultureInfo.InvariantCulture)).Distinct(),
    ];

    /// <summary>Whether the kernel still has a program of that id.</summary>
    public static bool IsLoaded(uint id)
    {
        var handle = ProgramById(id);
        if (handle < 0) return false;
        _ = CloseHandle(handle);
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Process.KillAsync();
        await Process.DisposeAsync();
    }

    [LibraryImport("libbpf.so.1", EntryPoint = "bpf_prog_get_fd_by_id")]
    private static partial int ProgramById(uint id);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseHandle(int handle);

    private async Task<NodeReport?> TryReportAsync()
    {
        try
        {
            return await ReportAsync();
        }
        catch (HttpRequestException)
        {
            return null; // Not listening yet.
        }
    }
}
