using System.Text.Json.Serialization;

namespace Aviator.Core.Measurement;

/// <summary>
/// Source-generated JSON of the measurement contract: camel case, no reflection, so that the agent can be compiled ahead of time.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NodeReport))]
public sealed partial class MeasurementJson : JsonSerializerContext;
