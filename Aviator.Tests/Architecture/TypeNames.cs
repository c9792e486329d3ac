using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace Aviator.Tests.Architecture;

/// <summary>Decodes signatures to the full names of the types in them; arrays, pointers and generics to those of their parts.</summary>
internal sealed class TypeNames : ISignatureTypeProvider<IReadOnlyCollection<string>, object?>
{
    public static TypeNames Instance { get; } = new();

    public static IReadOnlyCollection<string> Of(MetadataReader reader, EntityHandle handle) => handle.Kind switch
    {
        HandleKind.TypeReference => [NameOf(reader, (TypeReferenceHandle)handle)],
        HandleKind.TypeDefinition => [NameOf(reader, (TypeDefinitionHandle)handle)],
        HandleKind.TypeSpecification => reader.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(Instance, null),
        _ => [],
    };

    public static string NameOf(MetadataReader reader, TypeDefinitionHandle handle)
    {
        var type = reader.GetTypeDefinition(handle);
        var name = reader.GetString(type.Name);
        return type.IsNested ? $"{NameOf(reader, type.GetDeclaringType())}+{name}" : $"{reader.GetString(type.Namespace)}.{name}";
    }

    public IReadOnlyCollection<string> GetPrimitiveType(PrimitiveTypeCode typeCode) => [];

    public IReadOnlyCollection<string> GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => [NameOf(reader, handle)];

    public IReadOnlyCollection<string> GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => [NameOf(reader, handle)];

    public IReadOnlyCollection<string> GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
        Of(reader, handle);

    public IReadOnlyCollection<string> GetGenericInstantiation(IReadOnlyCollection<string> genericType, ImmutableArray<IReadOnlyCollection<string>> typeArguments) =>
        [.. genericType, .. typeArguments.SelectMany(argument => argument)];

    public IReadOnlyCollection<string> GetFunctionPointerType(MethodSignature<IReadOnlyCollection<string>> signature) =>
        [.. signature.ReturnType, .. signature.ParameterTypes.SelectMany(parameter => parameter)];

    public IReadOnlyCollection<string> GetModifiedType(IReadOnlyCollection<string> modifier, IReadOnlyCollection<string> unmodifiedType, bool isRequired) => [.. modifier, .. unmodifiedType];

    public IReadOnlyCollection<string> GetArrayType(IReadOnlyCollection<string> elementType, ArrayShape shape) => elementType;

    public IReadOnlyCollection<string> GetByReferenceType(IReadOnlyCollection<string> elementType) => elementType;

    public IReadOnlyCollection<string> GetPinnedType(IReadOnlyCollection<string> elementType) => elementType;

    public IReadOnlyCollection<string> GetPointerType(IReadOnlyCollection<string> elementType) => elementType;

    public IReadOnlyCollection<string> GetSZArrayType(IReadOnlyCollection<string> elementType) => elementType;

    public IReadOnlyCollection<string> GetGenericMethodParameter(object? genericContext, int index) => [];

    public IReadOnlyCollection<string> GetGenericTypeParameter(object? genericContext, int index) => [];

    private static string NameOf(MetadataReader reader, TypeReferenceHandle handle)
    {
        var type = reader.GetTypeReference(handle);
        var name = reader.GetString(type.Name);
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{NameOf(reader, (TypeReferenceHandle)type.ResolutionScope)}+{name}"
            : $"{reader.GetString(type.Namespace)}.{name}";
    }
}
