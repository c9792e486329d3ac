namespace Aviator.ServiceDefaults;

/// <summary>
/// Keeps the host's own log back until it has started. A host whose start fails logs the fault with its stack and throws it as well, and
/// who catches it says in a sentence what to do: the sentence is not to be looked for below a page of stack.
/// </summary>
internal sealed class HostLogGate
{
    /// <summary>The category that hosts log under.</summary>
    internal const string Category = "Microsoft.Extensions.Hosting.Internal.Host";

    private volatile bool _open;

    /// <summary>Whether the host has started.</summary>
    public bool IsOpen => _open;

    /// <summary>Lets everything through from now on.</summary>
    public void Open() => _open = true;
}
