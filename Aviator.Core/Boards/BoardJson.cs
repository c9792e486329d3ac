using System.Text.Json.Serialization;

namespace Aviator.Core.Boards;

/// <summary>
/// Source-generated JSON of the board, for the side that writes it and those that read it: camel case, nulls left out, no reflection. Use
/// <c>BoardJson.Default.Board</c>.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Board))]
[JsonSerializable(typeof(SimulatedPolicy))]
public sealed partial class BoardJson : JsonSerializerContext;
