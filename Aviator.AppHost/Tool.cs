using System.ComponentModel;
using System.Diagnostics;

namespace Aviator.AppHost;

/// <summary>Runs a command-line tool to its end.</summary>
internal static class Tool
{
    /// <summary>Runs it and gives its standard output.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <param name="limit">It is killed after so long.</param>
    /// <param name="stop">Kills it as well.</param>
    /// <exception cref="InvalidOperationException">It is not there, failed, or took longer than the limit. The message quotes what it
    /// printed.</exception>
    public static async Task<string> RunAsync(IReadOnlyList<string> command, TimeSpan limit, CancellationToken stop)
    {
        using var process = Start(command);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(stop);
        bound.CancelAfter(limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(bound.Token);
            var error = process.StandardError.ReadToEndAsync(bound.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(bound.Token);
            return process.ExitCode == 0
                ? await output
                : throw new InvalidOperationException(
                    $"`{string.Join(' ', command)}` ended with {process.ExitCode}: {(await error + await output).Trim()}");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            stop.ThrowIfCancellationRequested();
            throw new InvalidOperationException($"`{string.Join(' ', command)}` did not end within {limit.TotalSeconds:0} s.");
        }
    }

    private static Process Start(IReadOnlyList<string> command)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(command[0], command.Skip(1))
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"{command[0]} could not be started: {e.Message}", e);
        }
    }
}
