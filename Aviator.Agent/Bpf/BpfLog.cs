using System.Runtime.InteropServices;
using System.Text;

namespace Aviator.Agent.Bpf;

/// <summary>
/// Keeps what libbpf says on this thread, so that an error can quote it: libbpf prints the reason (a verifier's last line, a missing
/// type) rather than returning it.
/// </summary>
internal static unsafe class BpfLog
{
    private const int Warning = 0;
    private const int MessageBytes = 64 * 1024;

    [ThreadStatic] private static string? _last;

    private static readonly Lazy<bool> Installed = new(() =>
    {
        LibBpf.SetPrint(&Keep);
        return true;
    });

    internal static void Install() => _ = Installed.Value;

    /// <summary>The last telling line since the last call, on this thread; empty when libbpf said nothing.</summary>
    internal static string Take()
    {
        var last = _last ?? "";
        _last = null;
        return last;
    }

    [UnmanagedCallersOnly]
    private static int Keep(int level, byte* format, nint arguments)
    {
        if (level != Warning) return 0;
        try
        {
            var buffer = (byte*)NativeMemory.Alloc(MessageBytes);
            try
            {
                var length = Math.Clamp(LibBpf.FormatMessage(buffer, MessageBytes, format, arguments), 0, MessageBytes - 1);
                Remember(Encoding.UTF8.GetString(buffer, length));
            }
            finally
            {
                NativeMemory.Free(buffer);
            }
        }
        catch (Exception)
        {
            // Nothing may throw into native code; the error itself is reported by its number.
        }

        return 0;
    }

    /// <summary>
    /// The verifier's log ends with statistics; its verdict stands just above them. The first verdict is the cause, what follows are its
    /// effects.
    /// </summary>
    private static void Remember(string message)
    {
        const string start = "-- BEGIN PROG LOAD LOG --";
        var log = message.IndexOf(start, StringComparison.Ordinal);
        if (log < 0)
        {
            _last ??= message.Trim();
            return;
        }

        var verdict = message[(log + start.Length)..].Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .LastOrDefault(l => !l.StartsWith("processed ", StringComparison.Ordinal) && !l.StartsWith("-- END", StringComparison.Ordinal)
                && !l.StartsWith("verification time", StringComparison.Ordinal) && !l.StartsWith("stack depth", StringComparison.Ordinal));
        if (verdict is not null) _last = verdict;
    }
}
