namespace Aviator.Agent.Bpf;

/// <summary>Says in one sentence why no set of hooks works here.</summary>
internal static class KernelDiagnosis
{
    private const int CapSysAdmin = 21;
    private const int CapNetAdmin = 12;
    private const int CapBpf = 39;

    /// <param name="tried">Each way that was tried.</param>
    /// <param name="purpose">What the kernel was wanted for: "measuring".</param>
    internal static string Explain(IReadOnlyList<HookAttempt> tried, string purpose = "measuring")
    {
        var details = string.Join("; ", tried.GroupBy(t => t.Failure)
            .Select(same => $"{string.Join(", ", same.Select(t => t.Hooks))}: {same.Key}"));
        return $"{Cause(tried, purpose)} ({details})";
    }

    private static string Cause(IReadOnlyList<HookAttempt> tried, string purpose)
    {
        var capabilities = EffectiveCapabilities();
        if (capabilities is { } held && !Has(held, CapSysAdmin) && !(Has(held, CapBpf) && Has(held, CapNetAdmin)))
            return $"The kernel cannot be used for {purpose}: the capabilities BPF and NET_ADMIN (or SYS_ADMIN) are missing";
        if (tried.Any(t => t.Failure?.Contains("RLIMIT_MEMLOCK", StringComparison.Ordinal) == true))
            return $"The kernel cannot be used for {purpose}: before 5.11 it counts eBPF maps as locked memory, and the limit is too " +
                "low and may not be raised here: start with \"ulimit -l unlimited\" or the capability SYS_RESOURCE";
        if (tried.Any(t => t.Failure?.Contains("valid kernel BTF", StringComparison.Ordinal) == true))
            return $"The kernel cannot be used for {purpose}: it has no type information (/sys/kernel/btf/vmlinux); " +
                "use one built with CONFIG_DEBUG_INFO_BTF";
        if (Lockdown() is "integrity" or "confidentiality")
            return $"The kernel cannot be used for {purpose}: none of the hooks works here, and the kernel is locked down ({Lockdown()})";
        return $"The kernel ({SelfTestCommand.KernelRelease()}) cannot be used for {purpose}: none of the hooks works here";
    }

    private static bool Has(ulong capabilities, int bit) => (capabilities >> bit & 1) != 0;

    private static ulong? EffectiveCapabilities()
    {
        const string prefix = "CapEff:";
        try
        {
            var line = File.ReadLines("/proc/self/status").FirstOrDefault(l => l.StartsWith(prefix, StringComparison.Ordinal));
            return line is null ? null : Convert.ToUInt64(line[prefix.Length..].Trim(), 16);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string? Lockdown()
    {
        try
        {
            var modes = File.ReadAllText("/sys/kernel/security/lockdown");
            var start = modes.IndexOf('[', StringComparison.Ordinal);
            var end = modes.IndexOf(']', StringComparison.Ordinal);
            return start >= 0 && end > start ? modes[(start + 1)..end] : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
