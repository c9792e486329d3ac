namespace Aviator.Agent.Bpf;

/// <summary>
/// Finds the root of the cgroup v2 hierarchy: /sys/fs/cgroup, …/unified where v1 is mounted beside it, or wherever a container has the
/// host's mounted. A container of its own cgroup namespace sees its own cgroup as the root at /sys/fs/cgroup: a program attached there
/// would see the agent's own connections, pass the self-test, and miss every pod's.
/// </summary>
internal static class CgroupRoot
{
    private const string Mounts = "/proc/self/mountinfo";

    /// <summary>Seen through the host's first process: needs the host's process namespace.</summary>
    private static readonly string[] HostsOwn = ["/proc/1/root/sys/fs/cgroup", "/proc/1/root/sys/fs/cgroup/unified"];

    /// <exception cref="InvalidOperationException">There is none; the message says what to mount.</exception>
    internal static string Find() => Find(File.Exists(Mounts) ? File.ReadLines(Mounts) : [], IsRoot);

    /// <param name="mountInfo">Lines of /proc/self/mountinfo.</param>
    /// <param name="isRoot">Whether a directory is the root of the whole hierarchy.</param>
    internal static string Find(IEnumerable<string> mountInfo, Func<string, bool> isRoot)
    {
        var mounted = mountInfo.Where(IsCgroup2).Select(line => line.Split(' ')[4]).ToList();
        return mounted.Concat(HostsOwn).FirstOrDefault(isRoot) ?? throw new InvalidOperationException(mounted.Count == 0
            ? "no cgroup v2 hierarchy is mounted (mount -t cgroup2 none /sys/fs/cgroup)"
            : "only the container's own part of the cgroup v2 hierarchy is mounted (mount the host's /sys/fs/cgroup into the container)");
    }

    /// <summary>Every cgroup but the root has this file.</summary>
    private static bool IsRoot(string directory) =>
        File.Exists($"{directory}/cgroup.procs") && File.Exists($"{directory}/cgroup.controllers") &&
        !File.Exists($"{directory}/cgroup.events");

    /// <summary>The type stands behind a lone dash, after a varying number of optional fields (proc_pid_mountinfo(5)).</summary>
    private static bool IsCgroup2(string line) => line.Contains(" - cgroup2 ", StringComparison.Ordinal);
}
