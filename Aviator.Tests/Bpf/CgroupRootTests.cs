using Aviator.Agent.Bpf;
using Xunit;

namespace Aviator.Tests.Bpf;

public sealed class CgroupRootTests
{
    private const string Unified = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate";
    private const string BesideV1 =
        "31 23 0:27 / /sys/fs/cgroup/cpu rw shared:10 - cgroup cgroup rw,cpu\n40 23 0:35 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw";
    private const string HostsInContainer = Unified + "\n50 23 0:26 /../../.. /host/cgroup ro - cgroup2 cgroup2 rw";

    [Theory]
    [InlineData(Unified, "/sys/fs/cgroup")]
    [InlineData(BesideV1, "/sys/fs/cgroup/unified")]
    [InlineData(HostsInContainer, "/host/cgroup")]
    public void Find_MountTable_GivesTheRootOfTheWholeHierarchy(string mounts, string root) =>
        Assert.Equal(root, CgroupRoot.Find(mounts.Split('\n'), directory => directory == root));

    [Theory]
    [InlineData(Unified, "container")]
    [InlineData("31 23 0:27 / /sys/fs/cgroup/cpu rw shared:10 - cgroup cgroup rw,cpu", "no cgroup v2")]
    public void Find_NoRootInSight_SaysWhatToMount(string mounts, string word)
    {
        var failure = Assert.Throws<InvalidOperationException>(() => CgroupRoot.Find(mounts.Split('\n'), _ => false));
        Assert.Contains(word, failure.Message, StringComparison.Ordinal);
        Assert.Contains("mount", failure.Message, StringComparison.Ordinal);
    }
}
