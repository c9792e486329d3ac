using System.CommandLine;
using Aviator.Cli.Check;
using Aviator.Cli.Completion;
using Aviator.Cli.Events;
using Aviator.Cli.Explain;
using Aviator.Cli.Release;
using Aviator.Cli.Simulate;
using Aviator.Cli.Status;
using Aviator.Cli.Top;

namespace Aviator.Cli;

/// <summary>The commands, in the order of the help: first what one asks at night.</summary>
internal static class Commands
{
    /// <summary>Makes them.</summary>
    public static IEnumerable<Command> All(GlobalOptions options, CliHost host) =>
    [
        StatusCommand.Create(options, host),
        ExplainCommand.Create(options, host),
        TopCommand.Create(options, host),
        EventsCommand.Create(options, host),
        SimulateCommand.Create(options, host),
        CheckCommand.Create(options, host),
        ReleaseCommand.Create(options, host),
        CompletionCommand.Create(host),
    ];
}
