using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Aviator.Core.Measurement;
using Aviator.Tests.Kit;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>The agent as its own process, with static endpoints, on a free port of loopback.</summary>
internal sealed partial class AgentProcess : IAsyncDisposable
{
    public const int Kill = 9, Term = 15, Cont = 18, Stop = 19;

    private readonly StringBuilder _output = new();
    private readonly HttpClient _client;

    private AgentProcess(Process process, int port)
    {
        Process = process;
        _client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(5) };
        process.OutputDataReceived += (_, line) => Append(line.Data);
        process.ErrorDataReceived += (_, line) => Append(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public Process Process { get; }

    public string Output { get { lock (_output) return _output.ToString(); } }

    /// <summary>Starts it and waits until it has read the counters.</summary>
    public static async Task<AgentProcess> StartAsync(IEnumerable<IPEndPoint> endpoints, params string[] options)
    {
        var port = FreePort();
        var start = new ProcessStartInfo(Environment.ProcessPath is { } self && Path.GetFileName(self) == "dotnet" ? self : "dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Aviator.Agent.dll"));
        foreach (var option in endpoints.SelectMany((endpoint, i) => new[] { $"Endpoints:{i}:Address={endpoint.Address}", $"Endpoints:{i}:Port={endpoint.Port}" }).Concat(options))
            start.ArgumentList.Add($"--Agent:{option}");
        start.ArgumentList.Add("--Agent:ListenAddress=127.0.0.1");
        start.ArgumentList.Add($"--Agent:Port={port}");
        var agent = new AgentProcess(Process.Start(start)!, port);
        try
        {
            await Eventually.TrueAsync(async () => agent.Process.HasExited || (await agent.TryReportAsync())?.Sequence > 0, "the agent's first report", TimeSpan.FromSeconds(60));
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

    public async Task<string> GetAsync(string path) => await _client.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);

    public void Signal(int signal) => Assert.Equal(0, SendSignal(Process.Id, signal));

    /// <summary>Ids of the kernel programs that the process holds.</summary>
    public IReadOnlyList<uint> KernelPrograms() =>
    [
        .. Directory.EnumerateFiles($"/proc/{Process.Id}/fdinfo").SelectMany(File.ReadLines)
            .Where(line => line.StartsWith("prog_id:", StringComparison.Ordinal)).Select(line => uint.Parse(line.AsSpan("prog_id:".Length), CultureInfo.InvariantCulture)).Distinct(),
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
        if (!Process.HasExited)
        {
            _ = SendSignal(Process.Id, Cont);
            Process.Kill();
            await Process.WaitForExitAsync();
        }

        Process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);

    [LibraryImport("libbpf.so.1", EntryPoint = "bpf_prog_get_fd_by_id")]
    private static partial int ProgramById(uint id);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseHandle(int handle);

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

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

    private void Append(string? line)
    {
        lock (_output) _output.AppendLine(line);
    }
}
