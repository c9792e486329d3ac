using System.Reflection;

namespace Aviator.Agent.Bpf;

/// <summary>
/// The kernel programs that the build embeds in an assembly (Bpf.targets). A build without clang or libbpf's headers embeds none.
/// </summary>
internal static class KernelPrograms
{
    private const string Suffix = ".bpf.o";

    /// <summary>What the agent says, and the fix, when it was built without them.</summary>
    public const string Missing =
        "The agent was built without its kernel programs: clang or libbpf's headers were missing at build time. "
        + "Run \"make setup\", then \"make build-agent\".";

    /// <summary>Checks that an assembly has them.</summary>
    /// <exception cref="BpfUnavailableException">It has none.</exception>
    public static void RequireIn(Assembly assembly)
    {
        if (!assembly.GetManifestResourceNames().Any(name => name.EndsWith(Suffix, StringComparison.Ordinal)))
            throw new BpfUnavailableException(Missing, []);
    }
}
