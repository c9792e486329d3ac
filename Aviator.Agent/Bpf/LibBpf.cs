using System.Runtime.InteropServices;

namespace Aviator.Agent.Bpf;

/// <summary>
/// The native functions in use of libbpf 1.x and libc, one a line. Programs and maps are borrowed pointers that live as long as their
/// object; owners are SafeHandles. Errors are NULL with errno, or a negative errno.
/// </summary>
internal static unsafe partial class LibBpf
{
    private const string Library = "libbpf.so.1";

    [LibraryImport(Library, EntryPoint = "libbpf_set_print")]
    internal static partial nint SetPrint(delegate* unmanaged<int, byte*, nint, int> print);

    [LibraryImport(Library, EntryPoint = "bpf_object__open_mem", SetLastError = true)]
    internal static partial BpfObjectHandle ObjectOpen(byte* image, nuint size, nint options);

    [LibraryImport(Library, EntryPoint = "bpf_object__load", SetLastError = true)]
    internal static partial int ObjectLoad(BpfObjectHandle obj);

    [LibraryImport(Library, EntryPoint = "bpf_object__close")]
    internal static partial void ObjectClose(nint obj);

    [LibraryImport(Library, EntryPoint = "bpf_object__next_program")]
    internal static partial nint ObjectNextProgram(BpfObjectHandle obj, nint previous);

    [LibraryImport(Library, EntryPoint = "bpf_object__find_map_by_name", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint ObjectFindMap(BpfObjectHandle obj, string name);

    [LibraryImport(Library, EntryPoint = "bpf_program__name")]
    internal static partial nint ProgramName(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_program__fd")]
    internal static partial int ProgramFd(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_program__set_autoload")]
    internal static partial int ProgramSetAutoload(nint program, [MarshalAs(UnmanagedType.U1)] bool autoload);

    [LibraryImport(Library, EntryPoint = "bpf_program__attach", SetLastError = true)]
    internal static partial BpfLinkHandle ProgramAttach(nint program);

    [LibraryImport(Library, EntryPoint = "bpf_program__attach_cgroup", SetLastError = true)]
    internal static partial BpfLinkHandle ProgramAttachCgroup(nint program, int cgroupFd);

    [LibraryImport(Library, EntryPoint = "bpf_program__attach_iter", SetLastError = true)]
    internal static partial BpfLinkHandle ProgramAttachIterator(nint program, IteratorOptions* options);

    [LibraryImport(Library, EntryPoint = "bpf_link__destroy")]
    internal static partial int LinkDestroy(nint link);

    [LibraryImport(Library, EntryPoint = "bpf_link__fd")]
    internal static partial int LinkFd(BpfLinkHandle link);

    [LibraryImport(Library, EntryPoint = "bpf_iter_create", SetLastError = true)]
    internal static partial int IteratorCreate(int linkFd);

    [LibraryImport(Library, EntryPoint = "bpf_map__fd")]
    internal static partial int MapFd(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__max_entries")]
    internal static partial uint MapMaxEntries(nint map);

    [LibraryImport(Library, EntryPoint = "bpf_map__set_max_entries")]
    internal static partial int MapSetMaxEntries(nint map, uint entries);

    [LibraryImport(Library, EntryPoint = "bpf_map__reuse_fd", SetLastError = true)]
    internal static partial int MapReuse(nint map, int fd);

    [LibraryImport(Library, EntryPoint = "bpf_map__initial_value")]
    internal static partial nint MapInitialValue(nint map, out nuint size);

    [LibraryImport(Library, EntryPoint = "bpf_map_lookup_elem", SetLastError = true)]
    internal static partial int MapLookup(int fd, void* key, void* value);

    [LibraryImport(Library, EntryPoint = "bpf_map_update_elem", SetLastError = true)]
    internal static partial int MapUpdate(int fd, void* key, void* value, ulong flags);

    [LibraryImport(Library, EntryPoint = "bpf_map_delete_elem", SetLastError = true)]
    internal static partial int MapDelete(int fd, void* key);

    [LibraryImport(Library, EntryPoint = "bpf_map_lookup_and_delete_elem", SetLastError = true)]
    internal static partial int MapTake(int fd, void* key, void* value);

    [LibraryImport(Library, EntryPoint = "bpf_map_lookup_batch", SetLastError = true)]
    internal static partial int MapLookupBatch(int fd, uint* inBatch, uint* outBatch, void* keys, void* values, uint* count, nint options);

    [LibraryImport(Library, EntryPoint = "bpf_obj_get_info_by_fd", SetLastError = true)]
    internal static partial int GetInfo(int fd, ProgramInfo* info, uint* size);

    [LibraryImport(Library, EntryPoint = "bpf_enable_stats", SetLastError = true)]
    internal static partial int EnableStats(int type);

    [LibraryImport(Library, EntryPoint = "libbpf_num_possible_cpus")]
    internal static partial int PossibleCpus();

    [LibraryImport("libc", EntryPoint = "vsnprintf")]
    internal static partial int FormatMessage(byte* buffer, nuint size, byte* format, nint arguments);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(int fd, byte* buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint MemoryMap(nint address, nuint length, int protection, int flags, int fd, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    internal static partial int MemoryUnmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "close")]
    internal static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags);
}

/// <summary><c>struct bpf_iter_attach_opts</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IteratorOptions
{
    internal nuint Size;
    internal nint LinkInfo;
    internal uint LinkInfoSize;
    private readonly uint _pad;
}

/// <summary>The members in use of <c>struct bpf_prog_info</c> (linux/bpf.h), at their offsets in the kernel's interface.</summary>
[StructLayout(LayoutKind.Explicit, Size = 232)]
internal struct ProgramInfo
{
    /// <summary>The kernel's number of the program.</summary>
    [FieldOffset(4)] internal uint Id;

    /// <summary>Nanoseconds spent in the program while statistics were on.</summary>
    [FieldOffset(192)] internal ulong RunTimeNs;

    /// <summary>Runs while statistics were on.</summary>
    [FieldOffset(200)] internal ulong RunCount;

    /// <summary>Runs left out because the program was running already on that CPU: lost events.</summary>
    [FieldOffset(208)] internal ulong RecursionMisses;
}
