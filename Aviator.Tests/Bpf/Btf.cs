using System.Runtime.InteropServices;
using Aviator.Agent.Bpf;

namespace Aviator.Tests.Bpf;

/// <summary>The type information (BTF) of a compiled object, read by libbpf without loading anything: no root needed.</summary>
internal sealed unsafe partial class Btf : IDisposable
{
    private const string Library = "libbpf.so.1";
    private const uint Struct = 4; // BTF_KIND_STRUCT
    private readonly BpfObjectHandle _object;
    private readonly nint _btf;

    internal Btf(string resource)
    {
        using var stream = typeof(BpfObject).Assembly.GetManifestResourceStream(resource)!;
        var image = new byte[stream.Length];
        stream.ReadExactly(image);
        fixed (byte* start = image) _object = LibBpf.ObjectOpen(start, (nuint)image.Length, 0);
        _btf = ObjectBtf(_object);
    }

    /// <summary>A struct's size in bytes and its members' offsets.</summary>
    internal (int Size, Dictionary<string, int> Offsets) StructOf(string name)
    {
        var id = FindByName(_btf, name, Struct);
        if (id <= 0) throw new InvalidOperationException($"The object has no struct {name}.");
        var type = (uint*)TypeById(_btf, (uint)id); // struct btf_type: name, info (member count in the low 16 bits), size
        var offsets = new Dictionary<string, int>();
        AddMembers(type, 0, offsets);
        return ((int)type[2], offsets);
    }

    /// <summary>Those of a union without a name stand in the struct itself.</summary>
    private void AddMembers(uint* type, int start, Dictionary<string, int> offsets)
    {
        var members = type + 3; // struct btf_member: name, type, offset in bits
        for (var i = 0; i < (int)(type[1] & 0xffff); i++)
        {
            var name = Marshal.PtrToStringUTF8(NameByOffset(_btf, members[3 * i]))!;
            var offset = start + ((int)members[(3 * i) + 2] / 8);
            if (name.Length > 0) offsets[name] = offset;
            else AddMembers((uint*)TypeById(_btf, members[(3 * i) + 1]), offset, offsets);
        }
    }

    public void Dispose() => _object.Dispose();

    [LibraryImport(Library, EntryPoint = "bpf_object__btf")]
    private static partial nint ObjectBtf(BpfObjectHandle obj);

    [LibraryImport(Library, EntryPoint = "btf__find_by_name_kind", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int FindByName(nint btf, string name, uint kind);

    [LibraryImport(Library, EntryPoint = "btf__type_by_id")]
    private static partial nint TypeById(nint btf, uint id);

    [LibraryImport(Library, EntryPoint = "btf__name_by_offset")]
    private static partial nint NameByOffset(nint btf, uint offset);
}
