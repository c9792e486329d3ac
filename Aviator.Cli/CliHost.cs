using System.Text;

namespace Aviator.Cli;

/// <summary>What surrounds a command: where it writes, what it may ask, and the clock. A test brings its own.</summary>
internal sealed record CliHost
{
    /// <summary>Columns taken for granted where the output is no terminal: nothing is wrapped, and tools cut lines themselves.</summary>
    private const int Unlimited = 4096;

    /// <summary>Takes the result.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Takes faults, questions and progress, so that what is piped on is the result alone.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Answers to questions; only read when <see cref="CanAsk"/>.</summary>
    public TextReader In { get; init; } = TextReader.Null;

    /// <summary>Whether a person sees the output as it is written: colours and live tables make sense.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>Whether a person can answer a question.</summary>
    public bool CanAsk { get; init; }

    /// <summary>Columns of the output, 1 or more.</summary>
    public int Width { get; init; } = Unlimited;

    /// <summary>The clock, for ages and pauses.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Reads an environment variable; null when it is not set.</summary>
    public Func<string, string?> Variable { get; init; } = static _ => null;

    /// <summary>The process's own.</summary>
    public static CliHost OfProcess()
    {
        // Reasons hold "…" and "µs": a terminal that is set to another code page would show question marks.
        if (!OperatingSystem.IsWindows() || Console.IsOutputRedirected) Console.OutputEncoding = new UTF8Encoding(false);
        return new()
        {
            Out = Console.Out,
            Error = Console.Error,
            In = Console.In,
            IsTerminal = !Console.IsOutputRedirected,
            CanAsk = !Console.IsInputRedirected && !Console.IsErrorRedirected,
            Width = Console.IsOutputRedirected ? Unlimited : Math.Max(40, Columns()),
            Variable = Environment.GetEnvironmentVariable,
        };
    }

    private static int Columns()
    {
        try
        {
            return Console.WindowWidth;
        }
        catch (Exception e) when (e is IOException or PlatformNotSupportedException)
        {
            return 80;
        }
    }
}
