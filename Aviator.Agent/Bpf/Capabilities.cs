namespace Aviator.Agent.Bpf;

/// <summary>Rights of the process, by their numbers in the kernel's interface.</summary>
internal enum Capability
{
    NetAdmin = 12,
    SysPtrace = 19,
    SysAdmin = 21,
    Bpf = 39,
}

/// <summary>Which rights this process has.</summary>
internal static class Capabilities
{
    private const string Prefix = "CapEff:";

    /// <summary>Whether it has one; true where that cannot be read, so that the kernel's own answer decides.</summary>
    internal static bool Has(Capability capability) => Effective() is not { } held || (held >> (int)capability & 1) != 0;

    private static ulong? Effective()
    {
        try
        {
            var line = File.ReadLines("/proc/self/status").FirstOrDefault(l => l.StartsWith(Prefix, StringComparison.Ordinal));
            return line is null ? null : Convert.ToUInt64(line[Prefix.Length..].Trim(), 16);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
