using System.Text.Json;
using System.Text.Json.Serialization;

namespace Aviator.Core.Measurement;

/// <summary>Writes a histogram as a flat array of bucket, count, bucket, count, …; buckets without samples are left out.</summary>
public sealed class SparseHistogramJsonConverter : JsonConverter<LatencyHistogram>
{
    /// <inheritdoc/>
    /// <exception cref="JsonException">Not such an array, a bucket outside the layout, or a negative count.</exception>
    public override LatencyHistogram Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException("A histogram is an array of bucket, count, bucket, count, …");
        Span<long> counts = stackalloc long[HistogramLayout.BucketCount];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (!reader.TryGetInt32(out var bucket) || (uint)bucket >= (uint)counts.Length)
                throw new JsonException($"A histogram's bucket is not in 0..{counts.Length - 1}.");
            if (!reader.Read() || reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var count) || count < 0)
                throw new JsonException($"The count of histogram bucket {bucket} is missing or negative.");
            counts[bucket] += count;
        }

        return LatencyHistogram.FromCounts(counts);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, LatencyHistogram value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        var counts = value.FilledCounts;
        for (var i = 0; i < counts.Length; i++)
        {
            if (counts[i] == 0) continue;
            writer.WriteNumberValue(value.FirstBucket + i);
            writer.WriteNumberValue(counts[i]);
        }

        writer.WriteEndArray();
    }
}
