using Aviator.Cli;
using Xunit;

namespace Aviator.Tests.Unit.Cli;

/// <summary>What all commands share: wrong usage, no access, what is refused; sentences and exit codes.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--output: \"xml\" is not known; use table, wide, json or yaml.", "status", "-o", "xml")]
    [InlineData("Unrecognized command or argument '--speed'.", "status", "web", "--speed")]
    [InlineData("Required command was not provided.", "-A")]
    public async Task WrongUsage_IsSaid_AndIsExitCode2(string message, params string[] args)
    {
        await using var world = await CliWorld.StartAsync();
        var result = await world.RunAsync(args);
        Assert.Contains($"error: {message}\n", result.Error);
        Assert.Equal((2, ""), (result.Code, result.Out));
    }

    [Fact]
    public async Task AKubeconfigThatIsNotThere_IsNamed_AndIsExitCode2()
    {
        await using var error = new StringWriter();
        var host = new CliHost { Out = TextWriter.Null, Error = error };
        var code = await CommandLine.RunAsync(["status", "--kubeconfig", "/nowhere"], host, TestContext.Current.CancellationToken);
        Assert.Equal(2, code);
        Assert.Equal(
            "error: No cluster was found: there is no file /nowhere. Name a kubeconfig by the setting Kubeconfig or by KUBECONFIG, or run "
            + "as a pod. Or give --kubeconfig FILE.\n", $"{error}");
    }

    [Fact]
    public async Task AServerThatIsAway_IsExitCode2_WithoutAStackTrace()
    {
        await using var world = await CliWorld.StartAsync();
        await world.Server.StopAsync();
        var result = await world.RunAsync("status");
        Assert.Equal(
            (2, "error: The API server cannot be reached (Connection refused). "
                + "Check the kubeconfig's server, or choose another by --context.\n"),
            (result.Code, result.Error));
    }

    [Fact]
    public async Task ARefusal_NamesTheRight_AndIsExitCode2()
    {
        await using var world = await CliWorld.StartAsync();
        world.Cluster.Forbidden.Add("aviatorpolicies");
        var result = await world.RunAsync("status");
        Assert.StartsWith("error: The server refused: apis/aviator.example.com", result.Error);
        Assert.EndsWith("Use an account with that right, by --context or --kubeconfig.\n", result.Error);
        Assert.Equal(2, result.Code);
    }

    [Fact]
    public async Task AClusterWithoutAviator_SaysHowToInstall()
    {
        await using var world = await CliWorld.StartAsync();
        world.Cluster.Special["/" + CliWorld.Policies] = context =>
        {
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        };
        var result = await world.RunAsync("status");
        Assert.Equal(1, result.Code);
        Assert.StartsWith("error: This cluster does not know the kind AviatorPolicy: install Aviator (docs/install.md)", result.Error);
    }

    [Fact]
    public async Task Help_NamesTheExitCodes()
    {
        await using var world = await CliWorld.StartAsync();
        var result = await world.RunAsync("--help");
        Assert.Contains("Exit codes: 0 fine; 1 a finding, not found, or refused; 2 wrong usage, or no access to the cluster.", result.Out);
        Assert.Equal(0, result.Code);
    }

    [Theory]
    [InlineData(false, false, null, false)]
    [InlineData(true, false, null, true)]
    [InlineData(true, true, null, false)]
    [InlineData(true, false, "1", false)]
    public async Task Colours_AreForTerminals_UnlessSwitchedOff(bool isTerminal, bool noColor, string? variable, bool expected)
    {
        await using var world = await Samples.SteeredAsync();
        world.IsTerminal = isTerminal;
        world.Variables["NO_COLOR"] = variable;
        world.Variables["TERM"] = "xterm-256color";
        var result = await world.RunAsync(noColor ? ["status", "--no-color"] : ["status"]);
        Assert.Equal(expected, result.Out.Contains('\e', StringComparison.Ordinal));
    }
}
