namespace Aviator.AppHost;

/// <summary>Which host this was built as.</summary>
internal static class HostKind
{
    /// <summary>Whether it is the Aspire one; else it is the plain one.</summary>
    public static bool IsAspire =>
#if ASPIRE
        true;
#else
        false;
#endif
}
