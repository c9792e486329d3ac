namespace Aviator.Agent.Bpf;

/// <summary>Finds the root of the cgroup v2 hierarchy: /sys/fs/cgroup, or …/unified where v1 is mounted beside it.</summary>
internal static class CgroupRoot
{
    internal static string? Find() => Find(File.Exists("/proc/mounts") ? File.ReadLines("/proc/mounts") : []);

    internal static string? Find(IEnumerable<string> mounts) => mounts
        .Select(line => line.Split(' '))
        .Where(fields => fields.Length > 2 && fields[2] == "cgroup2")
        .Select(fields => fields[1])
        .FirstOrDefault();
}
