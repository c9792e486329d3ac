namespace Aviator.Cli;

/// <summary>A command cannot go on; the message is one sentence or two that name what is at fault and what to do.</summary>
/// <param name="message">For the person at the terminal.</param>
/// <param name="code">One of <see cref="ExitCode"/>.</param>
internal sealed class CliException(string message, int code = ExitCode.Finding) : Exception(message)
{
    /// <summary>What the process ends with.</summary>
    public int Code => code;
}
