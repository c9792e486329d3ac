namespace Aviator.Cli;

/// <summary>Where the process begins.</summary>
internal static class EntryPoint
{
    private static Task<int> Main(string[] args) => CommandLine.RunAsync(args, CliHost.OfProcess());
}
