using System.Diagnostics;

namespace Aviator.Tests.Tooling.Processes;

/// <summary>A program in its own process: its output in a file, signals by its id, and never left behind.</summary>
internal sealed class ChildProcess : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private readonly Process _process;
    private readonly StreamWriter _log;
    private readonly bool _ownsLog;
    private readonly Action<string>? _onLine;
    private readonly Lock _lock = new();

    private ChildProcess(string name, Process process, string? logPath, Action<string>? onLine)
    {
        (Name, _process, _ownsLog, _onLine) = (name, process, logPath is null, onLine);
        LogPath = logPath ?? Path.Combine(Path.GetTempPath(), $"aviator-{name}-{Guid.NewGuid():N}.log");
        Directory.CreateDirectory(Path.GetDirectoryName(LogPath)!);
        _log = new StreamWriter(LogPath, append: true) { AutoFlush = true };
    }

    /// <summary>What people call it.</summary>
    public string Name { get; }

    /// <summary>The file that holds its output.</summary>
    public string LogPath { get; }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>How it ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>All of its output so far.</summary>
    public string Output
    {
        get
        {
            lock (_lock) return File.ReadAllText(LogPath);
        }
    }

    /// <summary>
    /// Starts <paramref name="command"/> in its own session, so that a Ctrl-C at the terminal reaches the caller alone, who ends it in
    /// order.
    /// </summary>
    /// <param name="name">What people call it.</param>
    /// <param name="command">Program and arguments.</param>
    /// <param name="environment">Added to the caller's.</param>
    /// <param name="logPath">Its output is appended here; null for a file that goes with the process.</param>
    /// <param name="onLine">Takes each line of its output as well, as it comes.</param>
    public static ChildProcess Start(
        string name,
        IReadOnlyList<string> command,
        IReadOnlyDictionary<string, string>? environment = null,
        string? logPath = null,
        Action<string>? onLine = null)
    {
        var start = new ProcessStartInfo("setsid", command)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (key, value) in environment ?? new Dictionary<string, string>()) start.Environment[key] = value;
        var child = new ChildProcess(name, new Process { StartInfo = start }, logPath, onLine);
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
        if (!_process.HasExited) Signals.Send(Id, signal);
    }

    /// <summary>Waits until it has ended by itself, and all of its output is in the log.</summary>
    public Task WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

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

    /// <summary>Ends it at once with all that it started, with no chance to tidy up.</summary>
    public async Task KillTreeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
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
        if (!_process.HasExited) await StopAsync(Grace);
        Close();
    }

    /// <summary>Ends it at once, for owners that are not asynchronous.</summary>
    public void Dispose()
    {
        Send(Signal.Kill);
        _process.WaitForExit();
        Close();
    }

    private void Close()
    {
        _process.Dispose();
        lock (_lock) _log.Dispose();
        if (_ownsLog) File.Delete(LogPath);
    }

    private void Write(string? line)
    {
        if (line is null) return;
        _onLine?.Invoke(line);
        lock (_lock)
            if (_log.BaseStream is not null)
                _log.WriteLine(line);
    }
}
