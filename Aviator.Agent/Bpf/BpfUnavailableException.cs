namespace Aviator.Agent.Bpf;

/// <summary>
/// The kernel cannot measure, or steer, here; the message is one sentence that names the reason and, where there is one, the remedy.
/// </summary>
public sealed class BpfUnavailableException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One sentence for people.</param>
    /// <param name="tried">Every set of hooks that was tried, and why it failed.</param>
    /// <param name="inner">What failed, if it was one thing.</param>
    public BpfUnavailableException(string message, IReadOnlyList<HookAttempt> tried, Exception? inner = null)
        : base(message, inner) => Tried = tried;

    /// <summary>Every set of hooks that was tried.</summary>
    public IReadOnlyList<HookAttempt> Tried { get; }
}
