using System.Text.Json;
using System.Text.Json.Serialization;

namespace Aviator.Controller.Api.V1Alpha1;

/// <summary>
/// Reads a spec, or notes why it could not be read. One policy that this version does not understand (a newer CRD, an older object) must
/// not fail the list of all policies, which would stop every other one with it.
/// </summary>
internal sealed class TolerantSpecConverter : JsonConverter<AviatorPolicySpec>
{
    private static readonly JsonSerializerOptions Plain = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public override AviatorPolicySpec Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        try
        {
            return document.Deserialize<AviatorPolicySpec>(Plain) ?? new();
        }
        catch (JsonException fault)
        {
            return new() { Unreadable = $"spec at {fault.Path ?? "?"} is not of a form that this version reads" };
        }
    }

    public override void Write(Utf8JsonWriter writer, AviatorPolicySpec value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, value, Plain);
}
