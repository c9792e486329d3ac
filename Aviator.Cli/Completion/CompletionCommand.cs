using System.CommandLine;

namespace Aviator.Cli.Completion;

/// <summary><c>completion SHELL</c>: prints the script that a shell loads.</summary>
internal static class CompletionCommand
{
    /// <summary>Makes it.</summary>
    public static Command Create(CliHost host)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh, fish or powershell." };
        shell.AcceptOnlyFromAmong([.. ShellScripts.All.Keys]);
        var command = new Command("completion", "Print a script by which a shell completes commands, policies, Services and pods.")
        {
            shell,
        };
        command.SetAction(parsed =>
        {
            host.Out.Write(ShellScripts.All[parsed.GetValue(shell)!]);
            return ExitCode.Fine;
        });
        return command;
    }
}
