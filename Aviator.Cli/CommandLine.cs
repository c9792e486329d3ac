using System.CommandLine;
using System.CommandLine.Invocation;
using Aviator.Cli.Completion;

namespace Aviator.Cli;

/// <summary>The command line as a whole: which commands there are, and how a fault becomes a sentence and an exit code.</summary>
internal static class CommandLine
{
    private const string About = """
        What Aviator does with a Service's traffic and why, what would keep it from working, and how to take a Service back.

        Exit codes: 0 fine; 1 a finding, not found, or refused; 2 wrong usage, or no access to the cluster.
        """;

    /// <summary>Runs one command line.</summary>
    /// <param name="args">Its words, without the program's name.</param>
    /// <param name="host">What surrounds it.</param>
    /// <param name="cancellationToken">Ends it, as Ctrl-C does.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, CliHost host, CancellationToken cancellationToken = default)
    {
        // Before anything is parsed: the words are those of another command line, and may be half written.
        if (args.Count > 0 && args[0] == Completer.Word) return Completer.Run([.. args.Skip(1)], host);
        var parsed = Root(host).Parse(args);
        if (parsed.Action is ParseErrorAction)
        {
            foreach (var error in parsed.Errors) await host.Error.WriteLineAsync($"error: {error.Message}");
            await host.Error.WriteLineAsync($"usage: kubectl aviator {Path(parsed)}--help");
            return ExitCode.NoAccess;
        }

        try
        {
            var settings = new InvocationConfiguration { Output = host.Out, Error = host.Error, EnableDefaultExceptionHandler = false };
            return await parsed.InvokeAsync(settings, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Finding;
        }
        catch (Exception fault) when (Faults.Explain(fault) is { } known)
        {
            await host.Error.WriteLineAsync($"error: {known.Message}");
            return known.Code;
        }
        catch (Exception fault) when (host.Variable("AVIATOR_DEBUG") is null or "")
        {
            await host.Error.WriteLineAsync(
                $"error: {fault.Message.TrimEnd('.')} ({fault.GetType().Name}). "
                + "This is a fault of the plugin; AVIATOR_DEBUG=1 shows where.");
            return ExitCode.Finding;
        }
    }

    /// <summary>All commands.</summary>
    public static RootCommand Root(CliHost host)
    {
        var options = new GlobalOptions();
        var root = new RootCommand(About);
        foreach (var option in options.All()) root.Options.Add(option);
        foreach (var command in Commands.All(options, host)) root.Subcommands.Add(command);
        return root;
    }

    private static string Path(ParseResult parsed) =>
        parsed.CommandResult.Command is RootCommand ? "" : $"{parsed.CommandResult.Command.Name} ";
}
