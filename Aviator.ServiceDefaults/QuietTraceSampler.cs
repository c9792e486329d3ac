using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using OpenTelemetry.Trace;

namespace Aviator.ServiceDefaults;

/// <summary>
/// Chooses the traces that are exported: every one that begins with the tag <see cref="ChangedTag"/> = true, the first of each name, and
/// one in <paramref name="keepOneIn"/> of the others, drawn by the trace's id. A span inside a trace follows its parent.
/// </summary>
/// <remarks>
/// The spans of other traces are recorded all the same and dropped when they end, so that <see cref="FailedSpanProcessor"/> can still
/// export those that fail.
/// </remarks>
/// <param name="keepOneIn">At least 1; 1 keeps every trace.</param>
internal sealed class QuietTraceSampler(int keepOneIn) : Sampler
{
    /// <summary>Tag of a root span: true when what it describes changed something.</summary>
    public const string ChangedTag = "aviator.changed";

    /// <summary>Names remembered; span names are few, and a mistake must not grow memory without bound.</summary>
    private const int MaxNames = 256;

    private readonly ConcurrentDictionary<string, bool> _seen = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
    {
        var parent = samplingParameters.ParentContext;
        var keep = parent.TraceId != default
            ? parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded)
            : IsChange(samplingParameters.Tags) || IsFirst(samplingParameters.Name) || IsDrawn(samplingParameters.TraceId);
        return new SamplingResult(keep ? SamplingDecision.RecordAndSample : SamplingDecision.RecordOnly);
    }

    private static bool IsChange(IEnumerable<KeyValuePair<string, object?>>? tags)
    {
        foreach (var (key, value) in tags ?? [])
            if (key == ChangedTag && value is true)
                return true;
        return false;
    }

    private bool IsFirst(string name) => !_seen.ContainsKey(name) && _seen.Count < MaxNames && _seen.TryAdd(name, true);

    /// <summary>Trace ids are random, so their last eight bytes are a fair draw.</summary>
    private bool IsDrawn(ActivityTraceId id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.CopyTo(bytes);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]) <= ulong.MaxValue / (ulong)keepOneIn;
    }
}
