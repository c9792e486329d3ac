using System.Diagnostics;

namespace Aviator.Tests.Tooling.Processes;

/// <summary>Runs a tool to its end.</summary>
internal static class Command
{
    /// <summary>Runs it and gives what it printed, for callers that are not asynchronous. Bounded by the same minute.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message quotes it.</exception>
    public static string Run(string program, params IEnumerable<string> arguments) =>
        RunAsync([program, .. arguments]).GetAwaiter().GetResult().EnsureSuccess().Output;

    /// <summary>Runs it and gives what it printed.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="limit">It is killed after so long (default: a minute).</param>
    /// <param name="cancellationToken">Kills it as well.</param>
    /// <returns>Exit code and both outputs.</returns>
    public static async Task<CommandResult> RunAsync(
        IReadOnlyList<string> command, string? input = null, TimeSpan? limit = null, CancellationToken cancellationToken = default)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(limit ?? TimeSpan.FromMinutes(1));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(stop.Token);
            var error = process.StandardError.ReadToEndAsync(stop.Token);
            if (input is not null) await process.StandardInput.WriteAsync(input.AsMemory(), stop.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(stop.Token);
            return new CommandResult(string.Join(' ', command), process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}

/// <summary>How a tool ended and what it printed.</summary>
/// <param name="Command">The command line.</param>
/// <param name="ExitCode">0 is success.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record CommandResult(string Command, int ExitCode, string Output, string Error)
{
    /// <summary>This, or an exception that quotes the tool where it failed.</summary>
    /// <exception cref="InvalidOperationException">The exit code is not 0.</exception>
    public CommandResult EnsureSuccess() =>
        ExitCode == 0 ? this : throw new InvalidOperationException($"`{Command}` ended with {ExitCode}: {Error.Trim()} {Output.Trim()}");
}
