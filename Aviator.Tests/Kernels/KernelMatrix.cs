using System.Globalization;
using Aviator.Tests.Kit;
using Aviator.Tests.Tooling.Processes;
using Xunit;

namespace Aviator.Tests.Kernels;

/// <summary>Boots the kernels once for all tests, by the script that people run: eng/kernels/run.sh.</summary>
public sealed class KernelMatrix : IAsyncLifetime
{
    /// <summary>The agent's self-test makes this many requests in each run.</summary>
    internal const int Requests = 2000;

    private const int CannotRun = 77;

    /// <summary>Generous for a busy machine and an empty cache; two minutes when neither.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(21);

    private string _output = "";
    private KernelReport? _report;
    private bool _skipped;

    public async ValueTask InitializeAsync()
    {
        var report = Repository.File("artifacts/kernels.json");
        Directory.CreateDirectory(Path.GetDirectoryName(report)!);
        File.Delete(report);
        await using var process = ChildProcess.Start("kernels", [Repository.File("eng/kernels/run.sh")], new Dictionary<string, string>
        {
            ["AGENT_DIR"] = Repository.Output("Aviator.Agent"),
            ["REQUESTS"] = Requests.ToString(CultureInfo.InvariantCulture),
        }, onLine: Console.WriteLine);
        using var time = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        time.CancelAfter(Limit);
        try
        {
            await process.WaitForExitAsync(time.Token);
        }
        catch (OperationCanceledException)
        {
            await process.KillTreeAsync();
            throw new TimeoutException($"eng/kernels/run.sh did not end within {Limit}:\n{process.Output}");
        }

        _output = process.Output;
        _skipped = process.ExitCode == CannotRun;
        if (_skipped) return;
        if (!File.Exists(report))
            throw new InvalidOperationException($"eng/kernels/run.sh ended with {process.ExitCode} and wrote no report:\n{_output}");
        _report = KernelReport.Read(report);
    }

    public ValueTask DisposeAsync() => default;

    /// <summary>
    /// The run of a condition on a series; skips the test where this machine can't have it, fails where it should have and has not.
    /// </summary>
    internal KernelSelfTestLine Run(string series, string condition)
    {
        if (_skipped)
            Assert.Skip(_output.Split('\n').LastOrDefault(l => l.Contains("skipped", StringComparison.Ordinal))
                ?? "this machine cannot run the kernel matrix");
        var guest = _report!.Kernels.SingleOrDefault(k => k.Series == series);
        if (guest is null) Assert.Skip($"no kernel of series {series} could be had: {_output}");
        Assert.True(guest.Ended, $"the guest {series} did not come to its end:\n{guest.LastLines}");
        var run = guest.Runs.SingleOrDefault(r => r.Condition == condition);
        if (run?.Selftest is null)
            Assert.Fail($"the self-test on {guest.Release} ({condition}) gave no report, exit {run?.Exit}:\n{guest.LastLines}");
        Assert.Equal(guest.Release, run.Selftest.Kernel);
        Assert.Equal(run.Selftest.Result switch { "exact" or "known loss" => 0, "unavailable" => 2, _ => 1 }, run.Exit);
        return run.Selftest;
    }
}
