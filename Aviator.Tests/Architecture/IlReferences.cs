using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Aviator.Tests.Architecture;

/// <summary>
/// Reads from an assembly's metadata and IL which types the code of a namespace refers to: base types, signatures, locals, and every
/// instruction's operand, compiler-made closures and state machines included.
/// </summary>
internal sealed class IlReferences : IDisposable
{
    private static readonly OperandType[] OneByte = new OperandType[256];
    private static readonly OperandType[] TwoByte = new OperandType[256];
    private readonly PEReader _file;
    private readonly MetadataReader _metadata;

    static IlReferences()
    {
        foreach (var field in typeof(OpCodes).GetFields())
        {
            var code = (OpCode)field.GetValue(null)!;
            (code.Size == 1 ? OneByte : TwoByte)[code.Value & 0xFF] = code.OperandType;
        }
    }

    public IlReferences(string path)
    {
        _file = new PEReader(File.OpenRead(path));
        _metadata = _file.GetMetadataReader();
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Full names of all types, by the type whose code refers to them, for types in the namespaces that <paramref name="inside"/> accepts.</summary>
    public IReadOnlyDictionary<string, IReadOnlySet<string>> Of(Func<string, bool> inside)
    {
        var references = new SortedDictionary<string, IReadOnlySet<string>>(StringComparer.Ordinal);
        foreach (var handle in _metadata.TypeDefinitions)
        {
            if (!inside(NamespaceOf(handle))) continue;
            var names = new SortedSet<string>(StringComparer.Ordinal);
            var type = _metadata.GetTypeDefinition(handle);
            Add(names, type.BaseType);
            foreach (var implemented in type.GetInterfaceImplementations()) Add(names, _metadata.GetInterfaceImplementation(implemented).Interface);
            foreach (var field in type.GetFields()) names.UnionWith(_metadata.GetFieldDefinition(field).DecodeSignature(TypeNames.Instance, null));
            foreach (var method in type.GetMethods()) Add(names, _metadata.GetMethodDefinition(method));
            references[TypeNames.NameOf(_metadata, handle)] = names;
        }

        return references;
    }

    private string NamespaceOf(TypeDefinitionHandle handle)
    {
        var type = _metadata.GetTypeDefinition(handle);
        return type.IsNested ? NamespaceOf(type.GetDeclaringType()) : _metadata.GetString(type.Namespace);
    }

    private void Add(SortedSet<string> names, MethodDefinition method)
    {
        Add(names, method.DecodeSignature(TypeNames.Instance, null));
        if (method.RelativeVirtualAddress == 0) return;
        var body = _file.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil)
            foreach (var local in _metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(TypeNames.Instance, null))
                names.UnionWith(local);
        var il = body.GetILReader();
        while (il.RemainingBytes > 0) AddOperand(names, ref il);
    }

    private void AddOperand(SortedSet<string> names, ref BlobReader il)
    {
        var code = il.ReadByte();
        switch (code == 0xFE ? TwoByte[il.ReadByte()] : OneByte[code])
        {
            case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType:
                Add(names, MetadataTokens.EntityHandle(il.ReadInt32()));
                break;
            case OperandType.InlineSwitch:
                // Read before the offset is: reading moves it.
                var targets = il.ReadInt32();
                il.Offset += targets * 4;
                break;
            case OperandType.InlineI8 or OperandType.InlineR:
                il.Offset += 8;
                break;
            case OperandType.InlineVar:
                il.Offset += 2;
                break;
            case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                il.Offset += 1;
                break;
            case OperandType.InlineNone:
                break;
            default:
                il.Offset += 4;
                break;
        }
    }

    private void Add(SortedSet<string> names, EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.TypeReference or HandleKind.TypeDefinition or HandleKind.TypeSpecification when !handle.IsNil:
                names.UnionWith(TypeNames.Of(_metadata, handle));
                break;
            case HandleKind.MemberReference:
                var member = _metadata.GetMemberReference((MemberReferenceHandle)handle);
                Add(names, member.Parent);
                if (member.GetKind() == MemberReferenceKind.Method) Add(names, member.DecodeMethodSignature(TypeNames.Instance, null));
                else names.UnionWith(member.DecodeFieldSignature(TypeNames.Instance, null));
                break;
            case HandleKind.MethodSpecification:
                var specification = _metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                Add(names, specification.Method);
                foreach (var argument in specification.DecodeSignature(TypeNames.Instance, null)) names.UnionWith(argument);
                break;
            case HandleKind.MethodDefinition:
                var method = _metadata.GetMethodDefinition((MethodDefinitionHandle)handle);
                Add(names, method.GetDeclaringType());
                break;
            case HandleKind.FieldDefinition:
                Add(names, _metadata.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType());
                break;
        }
    }

    private static void Add(SortedSet<string> names, MethodSignature<IReadOnlyCollection<string>> signature)
    {
        names.UnionWith(signature.ReturnType);
        foreach (var parameter in signature.ParameterTypes) names.UnionWith(parameter);
    }
}
