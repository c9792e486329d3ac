using Aviator.Agent.Bpf;
using Xunit;

namespace Aviator.Tests.Bpf;

public sealed class CgroupRootTests
{
    [Theory]
    [InlineData("cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0", "/sys/fs/cgroup")]
    [InlineData("tmpfs /sys/fs/cgroup tmpfs rw 0 0\ncgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0", "/sys/fs/cgroup/unified")]
    [InlineData("cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0", null)]
    public void Find_MountTable_GivesTheV2Root(string mounts, string? expected) => Assert.Equal(expected, CgroupRoot.Find(mounts.Split('\n')));
}
