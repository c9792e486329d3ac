using System.Text.Json.Serialization;

namespace Aviator.Core.Steering;

/// <summary>Source-generated JSON of the steering contract: camel case, no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SteeringOrder))]
[JsonSerializable(typeof(SteeringAnswer))]
public sealed partial class SteeringJson : JsonSerializerContext;
