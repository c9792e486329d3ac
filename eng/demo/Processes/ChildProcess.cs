using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Aviator.Demo.Processes;

/// <summary>A program of ours in a process of its own: its output in a file, signals by its id, and never left behind.</summary>
internal sealed partial class ChildProcess : IAsyncDisposable
{
    private const int NoSuchProcess = 3;
    private readonly Process _process;
    private readonly StreamWriter _log;
    private readonly Lock _lock = new();

    private ChildProcess(string name, Process process, string logPath)
    {
        (Name, _process, LogPath) = (name, process, logPath);
        _log = new StreamWriter(logPath, append: true) { AutoFlush = true };
    }

    /// <summary>What people call it.</summary>
    public string Name { get; }

    /// <summary>The file that holds its output.</summary>
    public string LogPath { get; }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Starts <paramref name="command"/> in a session of its own, so that a Ctrl-C at the terminal reaches the caller alone, who ends it in order.</summary>
    /// <param name="name">What people call it.</param>
    /// <param name="command">Program and arguments.</param>
    /// <param name="environment">Added to the caller's.</param>
    /// <param name="logPath">Its output is appended here.</param>
    public static ChildProcess Start(string name, IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, string logPath)
    {
        var start = new ProcessStartInfo("setsid", command) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (key, value) in environment) start.Environment[key] = value;
        Directory.CreateDirectory(Path.GetDirectoryName(logPath)!);
        var child = new ChildProcess(name, new Process { StartInfo = start }, logPath);
        child._process.OutputDataReceived += (_, line) => child.Write(line.Data);
        child._process.ErrorDataReceived += (_, line) => child.Write(line.Data);
        child._process.Start();
        child._process.StandardInput.Close();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Sends a signal; to a process that has ended, none.</summary>
    public void Send(Signal signal)
    {
        if (_process.HasExited || Kill(Id, (int)signal) == 0) return;
        var error = Marshal.GetLastPInvokeError();
        if (error != NoSuchProcess) throw new InvalidOperationException($"Signal {signal} to {Name} ({Id}) failed: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    /// <summary>Asks it to end, and kills it when it has not done so within <paramref name="grace"/>.</summary>
    /// <returns>Whether it ended by itself.</returns>
    public async Task<bool> StopAsync(TimeSpan grace)
    {
        Send(Signal.Continue);
        Send(Signal.Terminate);
        try
        {
            await _process.WaitForExitAsync(new CancellationTokenSource(grace).Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            await KillAsync();
            return false;
        }
    }

    /// <summary>Ends it at once, with no chance to tidy up.</summary>
    public async Task KillAsync()
    {
        Send(Signal.Kill);
        await _process.WaitForExitAsync();
    }

    /// <summary>The last lines of its output.</summary>
    public string Tail(int lines = 40)
    {
        lock (_lock) return string.Join('\n', File.ReadLines(LogPath).TakeLast(lines));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await StopAsync(TimeSpan.FromSeconds(5));
        _process.Dispose();
        lock (_lock) _log.Dispose();
    }

    private void Write(string? line)
    {
        if (line is null) return;
        lock (_lock)
            if (_log.BaseStream is not null)
                _log.WriteLine(line);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}

/// <summary>The signals in use, by their numbers on Linux.</summary>
internal enum Signal
{
    /// <summary>SIGKILL.</summary>
    Kill = 9,

    /// <summary>SIGTERM.</summary>
    Terminate = 15,

    /// <summary>SIGCONT.</summary>
    Continue = 18,

    /// <summary>SIGSTOP.</summary>
    Stop = 19,
}
