using System.Globalization;
using System.Net;
using Aviator.Agent.Bpf;
using Aviator.Tests.Kit;
using Aviator.Tests.Tooling.Processes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>gRPC of another making than .NET's at both ends: Go's, with its own health service.</summary>
[Collection(KernelCollection.Name)]
public sealed class GoGrpcTests(KernelFixture kernel, GoGrpcProgram program, ITestOutputHelper output)
    : IClassFixture<GoGrpcProgram>, IAsyncLifetime
{
    private const int Port = 50051;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly IPEndPoint _server = new(kernel.NextAddress(), Port);
    private string _path = "";
    private ChildProcess? _serving;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(GoGrpcProgram.Missing is null, GoGrpcProgram.Missing ?? "");
        _path = await program.PathAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_serving is not null) await _serving.DisposeAsync();
    }

    /// <summary>
    /// What the kernel says of a call lies between the server's own delay and the time that the client waited. The client stays on one CPU:
    /// each CPU hands its own segments to loopback, so those of a thread that moves overtake each other.
    /// </summary>
    [Theory]
    [InlineData(2, 2000, 4)]
    [InlineData(10, 2000, 20)]
    [InlineData(100, 1000, 100)]
    public async Task Unary_ServerTakesItsTime_EachCountedAndPercentilesWithinTheHistogramsError(int milliseconds, int calls, int atOnce)
    {
        await ServeAsync($"{milliseconds}ms");
        var said = await Command.RunAsync(
            ["taskset", "-c", "0", _path, "call", $"{_server}", $"{calls}", $"{atOnce}"], limit: Limit, cancellationToken: Cancellation);
        var client = said.EnsureSuccess().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => TimeSpan.FromMicroseconds(long.Parse(line, CultureInfo.InvariantCulture) / 1000.0)).ToList();
        var read = kernel.ReadUntil(_server, e => e.Rif == 0);
        output.WriteLine($"{read.Traffic.Requests} of {calls} counted, {read.Traffic.Unmeasured} unmeasured");
        Assert.Equal(calls, client.Count);
        Assert.Equal(calls, read.Traffic.Requests + read.Traffic.Unmeasured);
        Assert.InRange(read.Traffic.Requests, calls * 0.999, calls);
        AssertNoFailure(read);
        foreach (var quantile in new[] { 0.5, 0.99 })
        {
            var waited = client[(int)Math.Ceiling(quantile * calls) - 1];
            var seen = read.Traffic.Latency.Quantile(quantile)!.Value;
            output.WriteLine(
                $"{milliseconds} ms, p{quantile * 100}: {seen.TotalMilliseconds:F3} ms, client {waited.TotalMilliseconds:F3} ms");
            Assert.InRange(seen, HistogramTolerance.Low(TimeSpan.FromMilliseconds(milliseconds)), HistogramTolerance.High(waited));
        }
    }

    /// <summary>A server of Go's sends its SETTINGS at once, so that the kernel may see both sides begin at the same moment.</summary>
    [Fact]
    public async Task Connections_BothSidesBeginAtOnce_EachIsRead()
    {
        const int connections = 1000;
        await ServeAsync("0s");
        var said = await Command.RunAsync(
            ["taskset", "-c", "0", _path, "connect", $"{_server}", $"{connections}"], limit: Limit, cancellationToken: Cancellation);
        said.EnsureSuccess();
        var read = kernel.ReadUntil(_server, e => e.Rif == 0);
        Assert.Equal((connections, 0L), (read.Traffic.Requests, read.Traffic.Unmeasured));
        AssertNoFailure(read);
    }

    /// <summary>An agent that is replaced finds connections that have lived for days.</summary>
    [Fact]
    public async Task Connection_OlderThanTheInterest_IsMeasuredFromThenOn()
    {
        const int calls = 2000;
        await ServeAsync("2ms");
        using var later = KernelCounters.Open(
            new KernelCountersOptions { MeasureLoopback = true, Hooks = ["sockops+cgroup_skb"] }, NullLogger.Instance);
        var calling = Command.RunAsync(
            ["taskset", "-c", "0", _path, "call", $"{_server}", $"{calls}", "4"], limit: Limit, cancellationToken: Cancellation);
        kernel.ReadUntil(_server, e => e.Traffic.Requests > calls / 10);
        later.SetInterest([_server.Address]);
        var before = kernel.Read(_server).Traffic.Requests;
        (await calling).EnsureSuccess();
        var seen = Assert.Single(later.Read());
        output.WriteLine($"{before} of {calls} before, {seen.Traffic.Requests} measured, {seen.Traffic.Unmeasured} not");
        // The place where the client's frames begin is found within some tens of calls; which calls were under way is not known.
        Assert.InRange(seen.Traffic.Requests, (calls - before) * 0.8, calls - before);
        Assert.InRange(seen.Traffic.Requests + seen.Traffic.Unmeasured, calls - before - 20, calls - before + 8);
        Assert.InRange(seen.Traffic.Latency.Quantile(0.5)!.Value, HistogramTolerance.Low(TimeSpan.FromMilliseconds(2)), Limit);
        Assert.Equal((0L, 0L, 0L), (seen.Traffic.Unanswered, seen.Traffic.ServerErrors, seen.Rif));
    }

    /// <summary>A health check's Watch has its first message at once and goes on for as long as its client likes.</summary>
    [Fact]
    public async Task Watch_100StreamsOnOneConnection_AreLoadUntilTheirEnd()
    {
        const int streams = 100;
        await ServeAsync("0s");
        await using var watching = ChildProcess.Start("gogrpc-watch", [_path, "watch", $"{_server}", $"{streams}"]);
        await SaysAsync(watching, "watching");
        var read = kernel.Read(_server);
        Assert.Equal((streams, streams, 1, TimeSpan.Zero), (read.Traffic.Requests, read.Rif, read.Connections, read.OldestInFlight));

        Assert.True(await watching.StopAsync(Limit), "The client did not cancel its streams.");
        read = kernel.ReadUntil(_server, e => e.Rif == 0);
        Assert.Equal((streams, 0L), (read.Traffic.Requests, read.Rif));
        AssertNoFailure(read);
    }

    private static void AssertNoFailure(KernelEndpointCounters read) => Assert.Equal(
        (0L, 0L, 0L, 0L), (read.Traffic.Unanswered, read.Traffic.ServerErrors, read.Traffic.Abandoned.Count, read.Rif));

    private async Task ServeAsync(string delay)
    {
        _serving = ChildProcess.Start("gogrpc", [_path, "serve", $"{_server}", delay]);
        await SaysAsync(_serving, "serving");
    }

    private static async Task SaysAsync(ChildProcess process, string word)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Limit);
        while (!process.Output.Contains(word, StringComparison.Ordinal))
        {
            Assert.False(process.HasExited, process.Output);
            await Task.Delay(20, limit.Token);
        }
    }
}
