using System.Diagnostics;
using Aviator.Agent.Bpf;

namespace Aviator.Agent.Steering;

/// <summary>
/// The directory on bpffs that keeps links and maps while no process does. One process at a time: two writers of one table would
/// give away the same slots. The lock goes with its process.
/// </summary>
internal sealed class PinDirectory : IDisposable
{
    private const long BpfFileSystem = 0xcafe4a11; // BPF_FS_MAGIC
    private const int DirectoryClosedOnExec = 0x90000; // O_DIRECTORY | O_CLOEXEC
    private const int ExclusiveAtOnce = 6; // LOCK_EX | LOCK_NB
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private readonly FileDescriptor _lock;

    private PinDirectory(string path, FileDescriptor held) => (Path, _lock) = (path, held);

    internal string Path { get; }

    /// <summary>Whether links and maps can be pinned there: the nearest directory that exists is on a mounted bpffs.</summary>
    internal static unsafe bool IsPossible(string path)
    {
        var existing = path;
        while (existing is not null && !Directory.Exists(existing)) existing = System.IO.Path.GetDirectoryName(existing);
        var status = stackalloc long[32]; // struct statfs, whose first member is the file system's number
        return existing is not null && LibBpf.FileSystem(existing, status) == 0 && status[0] == BpfFileSystem;
    }

    /// <summary>Creates it if need be and takes it for this process.</summary>
    /// <param name="path">Where.</param>
    /// <param name="limit">How long to wait for another process that holds it.</param>
    /// <exception cref="InvalidOperationException">Another process holds it.</exception>
    /// <exception cref="IOException">It cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not create it.</exception>
    internal static PinDirectory Take(string path, TimeSpan limit)
    {
        var since = Stopwatch.GetTimestamp();
        do
        {
            if (TryTake(path) is { } taken) return taken;
            Thread.Sleep(Pause);
        }
        while (Stopwatch.GetElapsedTime(since) < limit);

        throw new InvalidOperationException($"another process holds {path}: one agent at a time may steer on a node");
    }

    internal bool Has(string name) => File.Exists(PathOf(name));

    internal string PathOf(string name) => System.IO.Path.Combine(Path, name);

    internal void Pin(int fd, string name) => LibBpfException.Check(LibBpf.ObjectPin(fd, PathOf(name)), $"pin {PathOf(name)}");

    /// <summary>The kernel's object of that name; null when there is none.</summary>
    internal FileDescriptor? Open(string name) =>
        Has(name) ? new FileDescriptor(LibBpfException.Check(LibBpf.ObjectGet(PathOf(name)), $"open {PathOf(name)}")) : null;

    internal void Unpin(string name) => File.Delete(PathOf(name));

    /// <summary>Removes all pins and the directory itself.</summary>
    internal void Delete()
    {
        foreach (var pin in Directory.EnumerateFiles(Path).ToList()) File.Delete(pin);
        Directory.Delete(Path);
    }

    public void Dispose() => _lock.Dispose();

    private static PinDirectory? TryTake(string path)
    {
        Directory.CreateDirectory(path);
        var directory = new FileDescriptor(LibBpf.Open(path, DirectoryClosedOnExec));
        // The holder before may have deleted it between: then this is a lock on nothing.
        if (!directory.IsInvalid && LibBpf.Lock(directory.Value, ExclusiveAtOnce) == 0 && Directory.Exists(path))
            return new PinDirectory(path, directory);
        directory.Dispose();
        return null;
    }
}
