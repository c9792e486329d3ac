using System.Runtime.InteropServices;

namespace Aviator.Agent.Bpf;

/// <summary>Reads the state of every live connection of interest. The state dies with its socket, so nothing can leak into it.</summary>
internal sealed unsafe class ConnectionWalk(BpfLinkHandle link) : IDisposable
{
    private const int RowsAtOnce = 512;
    private const int Interrupted = 4; // EINTR
    private const int TryAgain = 11; // EAGAIN: the kernel lets others run between two parts of a long walk

    internal List<ConnectionRow> Read()
    {
        using var iterator = new FileDescriptor(LibBpfException.Check(LibBpf.IteratorCreate(LibBpf.LinkFd(link)), "create walk"));
        var rows = new List<ConnectionRow>();
        var buffer = new byte[RowsAtOnce * sizeof(ConnectionRow)];
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
                    throw new LibBpfException("read walk", errno);
                }

                if (count == 0) return rows;
                filled += count;
                var whole = MemoryMarshal.Cast<byte, ConnectionRow>(buffer.AsSpan(0, filled - (filled % sizeof(ConnectionRow))));
                rows.AddRange(whole);
                var used = whole.Length * sizeof(ConnectionRow);
                buffer.AsSpan(used, filled - used).CopyTo(buffer);
                filled -= used;
            }
        }
    }

    public void Dispose() => link.Dispose();
}
