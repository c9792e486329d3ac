namespace Aviator.Agent.Bpf;

/// <summary>Says in one sentence why no set of hooks works here.</summary>
internal static class KernelDiagnosis
{
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
        if (!Capabilities.Has(Capability.SysAdmin) && !(Capabilities.Has(Capability.Bpf) && Capabilities.Has(Capability.NetAdmin)))
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
