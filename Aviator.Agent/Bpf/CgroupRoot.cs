namespace Aviator.Agent.Bpf;

/// <summary>
/// Finds the cgroup to attach to: the root of the cgroup v2 hierarchy at /sys/fs/cgroup, …/unified where v1 is mounted beside it, or
/// wherever a container has the host's mounted; and where a node is itself a container (kind, minikube by Docker), the node's own part,
/// which holds all of its pods and none of another node's. A pod of its own cgroup namespace sees its own cgroup as the root at
/// /sys/fs/cgroup: a program attached there would see the agent's own connections, pass the self-test, and miss every pod's.
/// </summary>
internal static class CgroupRoot
{
    private const string Mounts = "/proc/self/mountinfo";

    /// <summary>Seen through the host's first process: needs the host's process namespace.</summary>
    private static readonly string[] HostsOwn = ["/proc/1/root/sys/fs/cgroup", "/proc/1/root/sys/fs/cgroup/unified"];

    /// <summary>
    /// Where a kubelet keeps its pods: by the systemd driver, by cgroupfs, and in kind, whose kubelet has a slice of its own.
    /// </summary>
    private static readonly string[] Pods =
        ["kubepods.slice", "kubepods", "kubelet.slice/kubelet-kubepods.slice", "kubelet/kubepods", "kubelet.slice/kubepods"];

    /// <exception cref="InvalidOperationException">There is none; the message says what to mount.</exception>
    internal static string Find() => Find(File.Exists(Mounts) ? File.ReadLines(Mounts) : [], IsRoot, HoldsPods);

    /// <param name="mountInfo">Lines of /proc/self/mountinfo.</param>
    /// <param name="isRoot">Whether a directory is the root of the whole hierarchy.</param>
    /// <param name="holdsPods">Whether a directory is a cgroup that holds a kubelet's pods.</param>
    internal static string Find(IEnumerable<string> mountInfo, Func<string, bool> isRoot, Func<string, bool> holdsPods)
    {
        var mounted = mountInfo.Where(IsCgroup2).Select(line => line.Split(' ')[4]).ToList();
        var seen = mounted.Concat(HostsOwn).ToList();
        return seen.FirstOrDefault(isRoot) ?? seen.FirstOrDefault(holdsPods) ?? throw new InvalidOperationException(mounted.Count == 0
            ? "no cgroup v2 hierarchy is mounted (mount -t cgroup2 none /sys/fs/cgroup)"
            : "only the container's own part of the cgroup v2 hierarchy is mounted (mount the host's /sys/fs/cgroup into the container)");
    }

    /// <summary>Every cgroup but the root has the file cgroup.events.</summary>
    internal static bool IsRoot(string directory) => IsCgroup(directory) && !File.Exists($"{directory}/cgroup.events");

    /// <summary>The agent's own cgroup holds no pods, so a pod that sees no more than itself is never taken for a node.</summary>
    internal static bool HoldsPods(string directory) =>
        IsCgroup(directory) && Pods.Any(pods => IsCgroup($"{directory}/{pods}"));

    private static bool IsCgroup(string directory) =>
        File.Exists($"{directory}/cgroup.procs") && File.Exists($"{directory}/cgroup.controllers");

    /// <summary>The type stands behind a lone dash, after a varying number of optional fields (proc_pid_mountinfo(5)).</summary>
    private static bool IsCgroup2(string line) => line.Contains(" - cgroup2 ", StringComparison.Ordinal);
}
