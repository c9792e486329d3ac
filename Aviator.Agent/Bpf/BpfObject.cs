using System.Runtime.InteropServices;

namespace Aviator.Agent.Bpf;

/// <summary>One loaded copy of the kernel programs with one set of hooks attached. Disposing detaches and unloads all of it.</summary>
internal sealed unsafe class BpfObject : IDisposable
{
    private readonly BpfObjectHandle _object;
    private readonly List<BpfLinkHandle> _links = [];
    private readonly Dictionary<string, nint> _programs = [];

    private BpfObject(BpfObjectHandle handle)
    {
        _object = handle;
        for (var program = LibBpf.ObjectNextProgram(handle, 0); program != 0; program = LibBpf.ObjectNextProgram(handle, program))
            _programs[Marshal.PtrToStringUTF8(LibBpf.ProgramName(program))!] = program;
    }

    /// <summary>The programs' names, in the object's order.</summary>
    internal IReadOnlyCollection<string> Programs => _programs.Keys;

    /// <summary>Opens the object that was built into the assembly; nothing is in the kernel yet.</summary>
    /// <param name="resource">Its name there.</param>
    internal static BpfObject Open(string resource)
    {
        BpfLog.Install();
        using var stream = typeof(BpfObject).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The assembly holds no kernel program {resource}.");
        var image = new byte[stream.Length];
        stream.ReadExactly(image);
        fixed (byte* start = image)
            return new BpfObject(LibBpfException.Check(LibBpf.ObjectOpen(start, (nuint)image.Length, 0), "open object"));
    }

    /// <summary>Before load only: <c>struct knobs</c>.</summary>
    internal void SetKnobs(KernelCountersOptions options)
    {
        var knobs = MemoryMarshal.Cast<byte, ushort>(Map(".rodata.knobs").InitialValue());
        knobs[0] = options.ProbePortFirst;
        knobs[1] = options.ProbePortLast;
    }

    /// <summary>Loads these programs and no others: one that the kernel refuses would fail the whole object.</summary>
    internal void Load(IReadOnlySet<string> programs)
    {
        foreach (var (name, program) in _programs)
            LibBpfException.Check(LibBpf.ProgramSetAutoload(program, programs.Contains(name)), $"select {name}");
        BpfLog.Take();
        LibBpfException.Check(LibBpf.ObjectLoad(_object), "load");
    }

    /// <summary>Attaches by the program's section, or to a cgroup.</summary>
    internal void Attach(Hook hook, FileDescriptor? cgroup)
    {
        var program = Program(hook.Program);
        BpfLog.Take();
        _links.Add(LibBpfException.Check(
            hook.Attach == AttachKind.Cgroup
                ? LibBpf.ProgramAttachCgroup(program, (cgroup ?? throw new InvalidOperationException("No cgroup given.")).Value)
                : LibBpf.ProgramAttach(program),
            $"attach {hook.Program}"));
    }

    /// <summary>A link of a program to a cgroup; the caller owns it.</summary>
    internal BpfLinkHandle AttachTo(FileDescriptor cgroup, string program)
    {
        BpfLog.Take();
        return LibBpfException.Check(LibBpf.ProgramAttachCgroup(Program(program), cgroup.Value), $"attach {program}");
    }

    /// <summary>Puts the program in the place of the one that a link holds, at once.</summary>
    internal void Replace(BpfLinkHandle link, string program) =>
        LibBpfException.Check(LibBpf.LinkUpdateProgram(link, Program(program)), $"replace {program}");

    /// <summary>A link of an iterator over <paramref name="map"/>; the caller owns it.</summary>
    internal BpfLinkHandle AttachWalk(string program, BpfMap map)
    {
        var info = stackalloc uint[4]; // union bpf_iter_link_info: map_fd first
        info[0] = (uint)map.Fd;
        info[1] = info[2] = info[3] = 0;
        var options = new IteratorOptions { Size = (nuint)sizeof(IteratorOptions), LinkInfo = (nint)info, LinkInfoSize = 16 };
        BpfLog.Take();
        return LibBpfException.Check(LibBpf.ProgramAttachIterator(Program(program), &options), $"attach {program}");
    }

    /// <summary>A link of an iterator over all that its section says; the caller owns it.</summary>
    internal BpfLinkHandle AttachWalk(string program)
    {
        BpfLog.Take();
        return LibBpfException.Check(LibBpf.ProgramAttachIterator(Program(program), null), $"attach {program}");
    }

    /// <summary>A map by name.</summary>
    internal BpfMap Map(string name)
    {
        var map = LibBpf.ObjectFindMap(_object, name);
        return map == 0 ? throw new LibBpfException($"find map {name}", Marshal.GetLastPInvokeError()) : new BpfMap(map, name);
    }

    /// <summary>What the kernel's accounting says of a loaded program.</summary>
    internal ProgramInfo Info(string program)
    {
        var info = default(ProgramInfo);
        var size = (uint)sizeof(ProgramInfo);
        LibBpfException.Check(LibBpf.GetInfo(LibBpf.ProgramFd(Program(program)), &info, &size), $"read info of {program}");
        return info;
    }

    /// <summary>The descriptor of a loaded program; the object owns it.</summary>
    internal int ProgramFd(string program) => LibBpf.ProgramFd(Program(program));

    public void Dispose()
    {
        foreach (var link in _links) link.Dispose();
        _object.Dispose();
    }

    private nint Program(string name) =>
        _programs.TryGetValue(name, out var program)
            ? program : throw new InvalidOperationException($"The object holds no program {name}.");
}
