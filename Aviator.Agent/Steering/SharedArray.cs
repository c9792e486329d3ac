using System.Runtime.InteropServices;
using Aviator.Agent.Bpf;

namespace Aviator.Agent.Steering;

/// <summary>
/// An array of the kernel's, mapped into this process: a 64-bit word is read and written in one piece, and no system call. Not thread-safe.
/// </summary>
/// <typeparam name="T">The entry; its size is a multiple of 8.</typeparam>
internal sealed unsafe class SharedArray<T> : IDisposable
    where T : unmanaged
{
    private const int ReadAndWrite = 3; // PROT_READ | PROT_WRITE
    private const int MapShared = 1; // MAP_SHARED
    private T* _entries;

    /// <param name="obj">Loaded.</param>
    /// <param name="name">A map of it, an array that may be mapped.</param>
    /// <exception cref="LibBpfException">The kernel refused.</exception>
    internal SharedArray(BpfObject obj, string name)
    {
        var map = obj.Map(name);
        Length = (int)map.MaxEntries;
        var start = LibBpf.MemoryMap(0, Bytes, ReadAndWrite, MapShared, map.Fd, 0);
        if (start == -1) throw new LibBpfException($"map {name} into memory", Marshal.GetLastPInvokeError());
        _entries = (T*)start;
    }

    internal int Length { get; }

    private nuint Bytes => (nuint)Length * (nuint)sizeof(T);

    internal ref T this[int index]
    {
        get
        {
            ObjectDisposedException.ThrowIf(_entries is null, this);
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Length);
            return ref _entries[index];
        }
    }

    public void Dispose()
    {
        if (_entries is null) return;
        _ = LibBpf.MemoryUnmap((nint)_entries, Bytes); // fails for no range that mmap returned
        _entries = null;
    }
}
