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
        Assert.Equal(root, CgroupRoot.Find(mounts.Split('\n'), directory => directory == root, _ => false));

    /// <summary>
    /// A node that is itself a container shows its part of the hierarchy and nothing above; its pods are below. A pod's own part has none.
    /// </summary>
    [Theory]
    [InlineData("kubelet.slice/kubelet-kubepods.slice", true)] // kind
    [InlineData("kubepods.slice", true)]
    [InlineData("kubepods", true)]
    [InlineData("init.scope", false)]
    public void HoldsPods_PartOfTheHierarchy_OnlyIfAKubeletsPodsAreBelow(string below, bool expected)
    {
        var node = Directory.CreateTempSubdirectory("aviator-cgroup-");
        try
        {
            foreach (var directory in new[] { node.FullName, Path.Combine(node.FullName, below) })
            {
                Directory.CreateDirectory(directory);
                foreach (var file in new[] { "cgroup.procs", "cgroup.controllers", "cgroup.events" })
                    File.WriteAllText(Path.Combine(directory, file), "");
            }

            Assert.Equal((false, expected), (CgroupRoot.IsRoot(node.FullName), CgroupRoot.HoldsPods(node.FullName)));
            Assert.Equal("/sys/fs/cgroup", CgroupRoot.Find([Unified], _ => false, directory => directory == "/sys/fs/cgroup"));
        }
        finally
        {
            node.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData(Unified, "container")]
    [InlineData("31 23 0:27 / /sys/fs/cgroup/cpu rw shared:10 - cgroup cgroup rw,cpu", "no cgroup v2")]
    public void Find_NoRootInSight_SaysWhatToMount(string mounts, string word)
    {
        var failure = Assert.Throws<InvalidOperationException>(() => CgroupRoot.Find(mounts.Split('\n'), _ => false, _ => false));
        Assert.Contains(word, failure.Message, StringComparison.Ordinal);
        Assert.Contains("mount", failure.Message, StringComparison.Ordinal);
    }
}
