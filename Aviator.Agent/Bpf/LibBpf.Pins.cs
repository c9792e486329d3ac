using System.Runtime.InteropServices;

namespace Aviator.Agent.Bpf;

/// <summary>What outlives a process: pins on bpffs, links found again, and what is attached to a cgroup.</summary>
internal static unsafe partial class LibBpf
{
    [LibraryImport(Library, EntryPoint = "bpf_obj_pin", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ObjectPin(int fd, string path);

    [LibraryImport(Library, EntryPoint = "bpf_obj_get", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ObjectGet(string path);

    [LibraryImport(Library, EntryPoint = "bpf_map_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MapCreate(int type, string? name, uint keyBytes, uint valueBytes, uint entries, nint options);

    [LibraryImport(Library, EntryPoint = "bpf_link__open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial BpfLinkHandle LinkOpen(string path);

    [LibraryImport(Library, EntryPoint = "bpf_link__update_program", SetLastError = true)]
    internal static partial int LinkUpdateProgram(BpfLinkHandle link, nint program);

    [LibraryImport(Library, EntryPoint = "bpf_link__detach", SetLastError = true)]
    internal static partial int LinkDetach(BpfLinkHandle link);

    [LibraryImport(Library, EntryPoint = "bpf_prog_query", SetLastError = true)]
    internal static partial int ProgramQuery(int target, int type, uint flags, uint* attachFlags, uint* ids, uint* count);

    [LibraryImport(Library, EntryPoint = "bpf_obj_get_info_by_fd", SetLastError = true)]
    internal static partial int GetInfo(int fd, uint* info, uint* size);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    internal static partial int Lock(int fd, int operation);

    [LibraryImport("libc", EntryPoint = "statfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int FileSystem(string path, long* status);

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    internal static partial int GetTime(int clock, long* secondsAndNanoseconds);

    [LibraryImport("libc", EntryPoint = "gettid")]
    internal static partial int ThreadId();
}
