using System.Runtime.InteropServices;

namespace Aviator.Agent.Bpf;

/// <summary>A map, borrowed from its object. Keys and values are blittable structs of the map's own sizes.</summary>
internal readonly unsafe struct BpfMap(nint map, string name)
{
    private const int NoEntry = 2; // ENOENT
    private const int Exists = 17; // EEXIST
    private const int NoExist = 1; // BPF_NOEXIST
    private const int BatchSize = 64;

    internal int Fd => LibBpf.MapFd(map);

    internal uint MaxEntries => LibBpf.MapMaxEntries(map);

    /// <summary>Before load only.</summary>
    internal void SetMaxEntries(int entries) => LibBpfException.Check(LibBpf.MapSetMaxEntries(map, (uint)entries), $"size map {name}");

    /// <summary>Before load only: stands for a map that is loaded already, of another object.</summary>
    internal void Share(BpfMap loaded) => Share(loaded.Fd);

    /// <summary>Before load only: stands for a map that is loaded already, by its descriptor; the caller keeps that one.</summary>
    internal void Share(int fd) => LibBpfException.Check(LibBpf.MapReuse(map, fd), $"share map {name}");

    /// <summary>Before load only: the initial content of a map of global data.</summary>
    internal Span<byte> InitialValue()
    {
        var start = LibBpf.MapInitialValue(map, out var size);
        return start == 0 ? throw new LibBpfException($"find content of {name}", NoEntry) : new Span<byte>((void*)start, (int)size);
    }

    internal void Set<TKey, TValue>(TKey key, TValue value)
        where TKey : unmanaged
        where TValue : unmanaged =>
        LibBpfException.Check(LibBpf.MapUpdate(Fd, &key, &value, 0), $"write {name}");

    /// <summary>Inserts where the key has no value yet; one that is there stays.</summary>
    internal void SetNew<TKey, TValue>(TKey key, TValue value)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        if (LibBpf.MapUpdate(Fd, &key, &value, NoExist) >= 0) return;
        var errno = Marshal.GetLastPInvokeError();
        if (errno != Exists) throw new LibBpfException($"insert into {name}", errno);
    }

    /// <summary>Appends to a queue.</summary>
    internal void Push<TValue>(TValue value)
        where TValue : unmanaged =>
        LibBpfException.Check(LibBpf.MapUpdate(Fd, null, &value, 0), $"append to {name}");

    /// <summary>Takes the oldest value out of a queue; false when it is empty.</summary>
    internal bool TryPop<TValue>(out TValue value)
        where TValue : unmanaged
    {
        TValue taken;
        var result = LibBpf.MapTake(Fd, null, &taken);
        var errno = result < 0 ? Marshal.GetLastPInvokeError() : 0;
        if (errno is not (0 or NoEntry)) throw new LibBpfException($"take from {name}", errno);
        value = errno == 0 ? taken : default;
        return errno == 0;
    }

    /// <summary>Deletes the key; one that is not there is no error.</summary>
    internal void Delete<TKey>(TKey key)
        where TKey : unmanaged
    {
        if (LibBpf.MapDelete(Fd, &key) >= 0) return;
        var errno = Marshal.GetLastPInvokeError();
        if (errno != NoEntry) throw new LibBpfException($"delete from {name}", errno);
    }

    /// <summary>The sum over all CPUs of a per-CPU array's 64-bit entry.</summary>
    internal long SumPerCpu(uint index)
    {
        Span<long> values = new long[LibBpf.PossibleCpus()];
        fixed (long* start = values) LibBpfException.Check(LibBpf.MapLookup(Fd, &index, start), $"read {name}");
        var sum = 0L;
        foreach (var value in values) sum += value;
        return sum;
    }

    /// <summary>Hands every entry of a hash map to <paramref name="visit"/>, 64 a system call.</summary>
    internal void ForEach<TKey, TValue>(Visitor<TKey, TValue> visit)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        var keys = new TKey[BatchSize];
        var values = new TValue[BatchSize];
        uint position = 0;
        fixed (TKey* firstKey = keys)
        fixed (TValue* firstValue = values)
        {
            // Each call but the last returns at least one entry, so the map's size bounds the calls.
            for (var call = 0u; call <= MaxEntries; call++)
            {
                var count = (uint)BatchSize;
                var result = LibBpf.MapLookupBatch(Fd, call == 0 ? null : &position, &position, firstKey, firstValue, &count, 0);
                var errno = result < 0 ? Marshal.GetLastPInvokeError() : 0;
                if (errno is not (0 or NoEntry)) throw new LibBpfException($"read {name}", errno);
                for (var i = 0; i < (int)count; i++) visit(in keys[i], in values[i]);
                if (errno == NoEntry) return;
            }
        }
    }

    internal delegate void Visitor<TKey, TValue>(in TKey key, in TValue value);
}
