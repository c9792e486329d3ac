using Aviator.Cli;
using Xunit;

namespace Aviator.Tests.Cluster.Fixtures;

/// <summary><c>kubectl aviator</c> as a person runs it, its output kept.</summary>
internal static class Plugin
{
    /// <summary>Runs a command against the test's cluster.</summary>
    /// <param name="kubeconfig">Path of the kubeconfig.</param>
    /// <param name="arguments">The command with its options.</param>
    /// <returns>The exit code, and all that was printed.</returns>
    public static async Task<(int ExitCode, string Output)> RunAsync(string kubeconfig, params string[] arguments)
    {
        await using var output = new StringWriter();
        var host = new CliHost { Out = output, Error = output };
        var code = await CommandLine.RunAsync([.. arguments, "--kubeconfig", kubeconfig], host);
        TestContext.Current.TestOutputHelper?.WriteLine($"kubectl aviator {string.Join(' ', arguments)}: {code}\n{output}");
        return (code, output.ToString());
    }
}
