using Xunit;

namespace Aviator.Tests.Kernels;

/// <summary>The agent chooses its hooks and counts on stock kernels, whole and with parts taken away; where it cannot, it says why.</summary>
[Trait("Category", "Kernels")]
public sealed class KernelMatrixTests(KernelMatrix matrix) : IClassFixture<KernelMatrix>
{
    [Theory]
    [InlineData("5.10")]
    [InlineData("6.1")]
    [InlineData("6.12")]
    [InlineData("newest")]
    public void SelfTest_StockKernel_CountsEveryRequest(string series)
    {
        var report = matrix.Run(series, "stock");

        AssertMeasures(report);
        Assert.True(report.InFlightReadable);
    }

    /// <summary>Hooks that would attach and never fire must not be chosen.</summary>
    [Theory]
    [InlineData("6.1", "ftrace-off")]
    [InlineData("6.1", "kprobes-off")]
    [InlineData("6.12", "ftrace-off")]
    [InlineData("newest", "ftrace-off")]
    [InlineData("newest", "kprobes-off")]
    public void SelfTest_TracingSwitchedOff_ChoosesHooksThatFire(string series, string condition) => AssertMeasures(matrix.Run(series, condition));

    [Theory]
    [InlineData("5.10")]
    [InlineData("6.12")]
    [InlineData("newest")]
    public void SelfTest_LockedDownForConfidentiality_Measures(string series) => AssertMeasures(matrix.Run(series, "lockdown"));

    [Theory]
    [InlineData("6.12")]
    [InlineData("newest")]
    [Trait("Catalogue", "21")]
    public void SelfTest_NobodyWithThreeCapabilities_Measures(string series) => AssertMeasures(matrix.Run(series, "capabilities"));

    /// <summary>Before 5.11 eBPF maps count as locked memory, of which a process that is not root gets 64 KiB.</summary>
    [Fact]
    [Trait("Catalogue", "21")]
    public void SelfTest_OldKernelWithUsualMemlock_NamesTheLimit() => AssertSaysWhy(matrix.Run("5.10", "capabilities"), "ulimit -l unlimited");

    [Fact]
    [Trait("Catalogue", "21")]
    public void SelfTest_OldKernelWithRaisedMemlock_Measures() => AssertMeasures(matrix.Run("5.10", "memlock"));

    [Theory]
    [InlineData("5.10")]
    [InlineData("6.12")]
    [Trait("Catalogue", "21")]
    public void SelfTest_Unprivileged_NamesTheCapabilities(string series) => AssertSaysWhy(matrix.Run(series, "unprivileged"), "capabilities BPF and NET_ADMIN");

    [Theory]
    [InlineData("no-btf", "no type information")]
    [InlineData("no-cgroup2", "no cgroup v2 hierarchy")]
    public void SelfTest_PartOfTheKernelMissing_MeasuresOtherwiseOrSaysWhy(string condition, string cause)
    {
        var report = matrix.Run("6.1", condition);

        if (report.Hooks is null) AssertSaysWhy(report, cause);
        else AssertMeasures(report);
    }

    private static void AssertMeasures(KernelSelfTestLine report)
    {
        Assert.NotNull(report.Hooks);
        Assert.Null(report.Reason);
        Assert.Equal(KernelMatrix.Requests, report.Requests);
        Assert.True(report.Counted <= report.Requests, $"counted {report.Counted} of {report.Requests}");
        Assert.True(report.Requests - report.Counted <= report.ReportedLoss, $"counted {report.Counted} of {report.Requests}, and only {report.ReportedLoss} are known to be lost");
    }

    private static void AssertSaysWhy(KernelSelfTestLine report, string cause)
    {
        Assert.Null(report.Hooks);
        Assert.Equal("unavailable", report.Result);
        Assert.Contains(cause, report.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', report.Reason!);
    }
}
