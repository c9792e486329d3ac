using System.Net;
using Aviator.Agent.Steering;
using Aviator.Tests.Tooling;
using Aviator.Tests.Tooling.Processes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>
/// A process of its own that makes a table, beats once and holds it until it is killed: this test assembly, asked for one test that is
/// never run otherwise.
/// </summary>
public sealed class ConnectHolder
{
    private const string Ready = "the table is in force";
    private const string PinDirectory = "AVIATOR_TEST_PINS";
    private const string Endpoint = "AVIATOR_TEST_ENDPOINT";
    private const string FailOpenAfter = "AVIATOR_TEST_FAIL_OPEN_AFTER";
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    /// <summary>Starts it and waits until its table is in force.</summary>
    internal static async Task<ChildProcess> StartAsync(ConnectTableOptions options, IPEndPoint endpoint, TimeSpan failOpenAfter)
    {
        var child = ChildProcess.Start("holder",
            ["dotnet", typeof(ConnectHolder).Assembly.Location, "-noColor", "-showLiveOutput", "-explicit", "only", "-class",
                typeof(ConnectHolder).FullName!],
            new Dictionary<string, string>
            {
                [PinDirectory] = options.PinDirectory,
                [Endpoint] = endpoint.ToString(),
                [FailOpenAfter] = failOpenAfter.ToString(),
            });
        await Waiting.UntilAsync(Ready, TimeLimits.Seconds(30),
            () => Task.FromResult(child.HasExited || child.Output.Contains(Ready, StringComparison.Ordinal)),
            TestContext.Current.CancellationToken, () => child.Output);
        Assert.False(child.HasExited, child.Output);
        return child;
    }

    [Fact(Explicit = true)]
    public async Task Hold()
    {
        var pins = Environment.GetEnvironmentVariable(PinDirectory);
        Assert.SkipWhen(pins is null, "Only for a test that starts it.");
        var endpoint = IPEndPoint.Parse(Environment.GetEnvironmentVariable(Endpoint)!);
        using var table = ConnectTable.Open(
            new ConnectTableOptions { PinDirectory = pins, MaxServices = 64, MaxEndpoints = 4096 }, NullLogger.Instance);
        table.Apply([new ConnectService(ConnectWorld.Service, 80, TimeSpan.Parse(Environment.GetEnvironmentVariable(FailOpenAfter)!,
            System.Globalization.CultureInfo.InvariantCulture), [new ConnectEndpoint(endpoint.Address, endpoint.Port, 1, 0)])]);
        table.Beat(TimeSpan.Zero);
        TestContext.Current.TestOutputHelper!.WriteLine(Ready);
        await Task.Delay(Longest, TestContext.Current.CancellationToken);
    }
}
