using Aviator.Agent.Bpf;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>The ways in which the agent reads what connections have in flight; each must give the same numbers.</summary>
internal static class InFlightReader
{
    /// <summary>The table with no walk beside it: what every kernel offers.</summary>
    internal const string TableAlone = "table alone";

    private const string Table = "table";

    /// <summary>All of them. The walks stand alone, without a table.</summary>
    public static TheoryData<string> All => [Table, TableAlone, .. ConnectionWalk.All];

    /// <summary>Those that also show connections which no application has accepted: no file stands for them.</summary>
    public static TheoryData<string> BeforeAccept => [Table, TableAlone, ConnectionWalk.BySocketStorage];

    /// <summary>Counters that read by this way alone; skips the test where the kernel refuses the walk.</summary>
    internal static KernelFixture Open(string reader)
    {
        var options = new KernelCountersOptions { Hooks = ["sockops+cgroup_skb"] };
        if (reader != Table) options.Walks = reader == TableAlone ? [] : [reader];
        if (ConnectionWalk.All.Contains(reader)) options.MaxConnections = 0;
        var kernel = new KernelFixture(options);
        if (options.MaxConnections > 0 || kernel.Counters.Health().Walk is not null) return kernel;
        kernel.Dispose();
        Assert.Skip($"This kernel refuses the walk {reader}.");
        throw new InvalidOperationException();
    }
}
