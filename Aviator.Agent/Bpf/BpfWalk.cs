using System.Runtime.InteropServices;

namespace Aviator.Agent.Bpf;

/// <summary>Reads what an iterator program writes.</summary>
internal static unsafe class BpfWalk
{
    private const int RowsAtOnce = 512;
    private const int Interrupted = 4; // EINTR
    private const int TryAgain = 11; // EAGAIN: the kernel lets others run between two parts of a long walk

    /// <summary>Takes one row.</summary>
    internal delegate void Visitor<TRow>(in TRow row);

    /// <summary>Walks once from beginning to end.</summary>
    /// <param name="link">The attached iterator.</param>
    /// <param name="name">What to call it in a fault.</param>
    /// <param name="visit">Takes each row that the program wrote, all of one size.</param>
    /// <exception cref="LibBpfException">The kernel refused.</exception>
    internal static void Read<TRow>(BpfLinkHandle link, string name, Visitor<TRow> visit)
        where TRow : unmanaged
    {
        using var iterator = new FileDescriptor(LibBpfException.Check(LibBpf.IteratorCreate(LibBpf.LinkFd(link)), $"create {name}"));
        var buffer = new byte[RowsAtOnce * sizeof(TRow)];
        var filled = 0;
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var count = (int)LibBpf.Read(iterator.Value, start + filled, (nuint)(buffer.Length - filled));
                if (count < 0)
                {
                    var errno = Marshal.GetLastPInvokeError();
                    if (errno is Interrupted or TryAgain) continue;
                    throw new LibBpfException($"read {name}", errno);
                }

                if (count == 0) return;
                filled += count;
                var whole = MemoryMarshal.Cast<byte, TRow>(buffer.AsSpan(0, filled - (filled % sizeof(TRow))));
                foreach (ref readonly var row in whole) visit(in row);
                var used = whole.Length * sizeof(TRow);
                buffer.AsSpan(used, filled - used).CopyTo(buffer);
                filled -= used;
            }
        }
    }
}
