using System.ComponentModel;
using System.Diagnostics;

namespace Aviator.AppHost.Plain;

/// <summary>A part as a child process, its output on the console behind its name.</summary>
internal sealed class RunningPart : IAsyncDisposable
{
    private readonly Process _process;

    private RunningPart(Part part, Process process) => (Part, _process) = (part, process);

    /// <summary>What it is.</summary>
    public Part Part { get; }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Its exit code; null while it runs.</summary>
    public int? ExitCode => _process.HasExited ? _process.ExitCode : null;

    /// <summary>Starts it.</summary>
    /// <param name="part">What it is.</param>
    /// <param name="command">Program and arguments.</param>
    /// <param name="environment">Added to the host's.</param>
    /// <param name="console">Takes its output.</param>
    /// <exception cref="InvalidOperationException">The system could not start it.</exception>
    public static RunningPart Start(Part part, IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, ConsoleLines console)
    {
        // In a session of its own, so that a Ctrl-C at the terminal reaches the host alone, which ends the parts in order.
        string[] whole = OperatingSystem.IsLinux() ? ["setsid", .. command] : [.. command];
        var start = new ProcessStartInfo(whole[0], whole[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Checkout.Root,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Show(line.Data);
        process.ErrorDataReceived += (_, line) => Show(line.Data);
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            process.Dispose();
            throw new InvalidOperationException($"{part.Name} could not be started ({whole[0]}): {e.Message}", e);
        }

        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new RunningPart(part, process);

        void Show(string? line)
        {
            if (line is { Length: > 0 }) console.Write(part.Name, line);
        }
    }

    /// <summary>Waits for its end, and for the last line that it printed.</summary>
    public Task EndAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    /// <summary>Asks it to end; kills it, by its id, when it has not done so within <paramref name="grace"/> or when there is no more time.</summary>
    /// <returns>Whether it ended by itself.</returns>
    public async Task<bool> StopAsync(TimeSpan grace, CancellationToken hurry)
    {
        Signal.Terminate(_process);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(hurry);
        limit.CancelAfter(grace);
        try
        {
            await EndAsync(limit.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
            await EndAsync(CancellationToken.None);
            return false;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await StopAsync(TimeSpan.FromSeconds(5), CancellationToken.None);
        _process.Dispose();
    }
}
