using Xunit;

namespace Aviator.Tests.Kernels;

/// <summary>
/// The agent chooses its hooks and counts on stock kernels, whole and with parts taken away; where it cannot, it says why.
/// </summary>
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
        Assert.NotNull(report.Walk);
    }

    /// <summary>The hooks of routing Kernel: loaded, attached, pinned, and a connect from below the root was given.</summary>
    [Theory]
    [InlineData("5.10")]
    [InlineData("6.1")]
    [InlineData("6.12")]
    [InlineData("newest")]
    public void SelfTest_StockKernel_GivesConnects(string series) => Assert.Equal("given", matrix.Run(series, "stock").Connects);

    [Theory]
    [InlineData("5.10", "Idle connections cannot be closed on this kernel (5.10")]
    [InlineData("6.1", "followed")]
    [InlineData("6.12", "followed")]
    [InlineData("newest", "followed")]
    public void SelfTest_StockKernel_FollowsConnections_From511On(string series, string closes) =>
        Assert.StartsWith(closes, matrix.Run(series, "stock").Closes, StringComparison.Ordinal);

    [Fact]
    public void SelfTest_NoCgroupV2_SaysWhyConnectsAreNotGiven() =>
        Assert.Contains("no cgroup v2 hierarchy is mounted", matrix.Run("6.1", "no-cgroup2").Connects, StringComparison.Ordinal);

    [Fact]
    public void SelfTest_Unprivileged_SaysWhyConnectsAreNotGiven() =>
        Assert.Contains("capabilities BPF and NET_ADMIN", matrix.Run("6.12", "unprivileged").Connects, StringComparison.Ordinal);

    [Theory]
    [InlineData("ftrace-off")]
    [InlineData("kprobes-off")]
    public void SelfTest_TracingSwitchedOff_MeasuresByOtherHooks(string condition) => AssertMeasures(matrix.Run("6.12", condition));

    /// <summary>Cgroup v1 only: other hooks, and not the cgroup ones.</summary>
    [Theory]
    [InlineData("5.10", "no-cgroup2")]
    [InlineData("6.1", "no-cgroup2")]
    [InlineData("6.1", "no-cgroup2+kprobes-off")]
    [InlineData("6.12", "no-cgroup2")]
    [InlineData("6.12", "no-cgroup2+capabilities")]
    public void SelfTest_NoCgroupV2_MeasuresByOtherHooks(string series, string condition)
    {
        var report = matrix.Run(series, condition);

        AssertMeasures(report);
        Assert.DoesNotContain("cgroup", report.Hooks, StringComparison.Ordinal);
    }

    /// <summary>
    /// A preemptible kernel leaves out a tracing program that is under way already (emulation exaggerates it). One such miss at a
    /// connection's begin loses all of its requests, so their number is no bound; but no loss goes without a sign.
    /// </summary>
    [Theory]
    [InlineData("no-cgroup2")]
    [InlineData("no-cgroup2+ftrace-off")]
    [InlineData("no-cgroup2+capabilities")]
    public void SelfTest_NoCgroupV2OnPreemptibleKernel_ReportsItsLoss(string condition)
    {
        var report = matrix.Run("newest", condition);

        Assert.StartsWith("tp_btf", report.Hooks, StringComparison.Ordinal);
        Assert.Equal(KernelMatrix.Requests, report.Requests);
        Assert.InRange(report.Counted, report.Requests / 2, report.Requests);
        Assert.True(report.Counted == report.Requests || report.RecursionMisses > 0,
            $"counted {report.Counted} of {report.Requests} without a sign");
    }

    /// <summary>Here hooks attach and never fire; the self-test's request must give them away.</summary>
    [Theory]
    [InlineData("5.10", "no-cgroup2+ftrace-off")]
    [InlineData("6.1", "no-cgroup2+ftrace-off")]
    [InlineData("6.1", "no-cgroup2+ftrace-off+kprobes-off")]
    public void SelfTest_HooksThatNeverFire_AreNotChosen(string series, string condition) =>
        AssertMeasuresOrSaysWhy(matrix.Run(series, condition), "none of the hooks works here");

    [Theory]
    [InlineData("5.10")]
    [InlineData("6.12")]
    [InlineData("newest")]
    public void SelfTest_LockedDownAndNoCgroupV2_MeasuresOrNamesTheLockdown(string series) =>
        AssertMeasuresOrSaysWhy(matrix.Run(series, "no-cgroup2+lockdown"), "locked down (confidentiality)");

    [Fact]
    public void SelfTest_KernelWithoutTypes_MeasuresOrSaysWhy() =>
        AssertMeasuresOrSaysWhy(matrix.Run("6.1", "no-btf"), "no type information");

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
    public void SelfTest_OldKernelWithUsualMemlock_NamesTheLimit() =>
        AssertSaysWhy(matrix.Run("5.10", "capabilities"), "ulimit -l unlimited");

    [Fact]
    [Trait("Catalogue", "21")]
    public void SelfTest_OldKernelWithRaisedMemlock_Measures() => AssertMeasures(matrix.Run("5.10", "memlock"));

    [Theory]
    [InlineData("5.10")]
    [InlineData("6.12")]
    [Trait("Catalogue", "21")]
    public void SelfTest_Unprivileged_NamesTheCapabilities(string series) =>
        AssertSaysWhy(matrix.Run(series, "unprivileged"), "capabilities BPF and NET_ADMIN");

    private static void AssertMeasuresOrSaysWhy(KernelSelfTestLine report, string cause)
    {
        if (report.Hooks is null) AssertSaysWhy(report, cause);
        else AssertMeasures(report);
    }

    private static void AssertMeasures(KernelSelfTestLine report)
    {
        Assert.NotNull(report.Hooks);
        Assert.Null(report.Reason);
        Assert.Equal(KernelMatrix.Requests, report.Requests);
        if (report.Hooks == "sockops+cgroup_skb") Assert.Equal((true, true), (report.InFlightReadable, report.MeasuresHttp2));
        Assert.True(report.Counted <= report.Requests, $"counted {report.Counted} of {report.Requests}");
        Assert.True(report.Requests - report.Counted <= report.ReportedLoss,
            $"counted {report.Counted} of {report.Requests}, and only {report.ReportedLoss} are known to be lost");
    }

    private static void AssertSaysWhy(KernelSelfTestLine report, string cause)
    {
        Assert.Null(report.Hooks);
        Assert.Equal("unavailable", report.Result);
        Assert.Contains(cause, report.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', report.Reason!);
    }
}
