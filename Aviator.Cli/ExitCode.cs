namespace Aviator.Cli;

/// <summary>What the process ends with; docs/kubectl.md lists the cases of each command.</summary>
internal static class ExitCode
{
    /// <summary>All is well.</summary>
    public const int Fine = 0;

    /// <summary>A finding, something that is not there, or a request that was refused for a reason that was printed.</summary>
    public const int Finding = 1;

    /// <summary>Wrong usage, or no way into the cluster: nothing was looked at.</summary>
    public const int NoAccess = 2;
}
