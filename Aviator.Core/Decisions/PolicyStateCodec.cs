using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Aviator.Core.Decisions;

/// <summary>
/// The compact stored form of a <see cref="PolicyState"/>: JSON with short names, defaults left out, and every time written as a distance
/// from the moment of saving, so that it can be read by another process with another monotonic clock. The time between saving and loading
/// is not known and counts as none.
/// </summary>
public static class PolicyStateCodec
{
    /// <summary>The version of the form that is written, and the only one that is read.</summary>
    public const int Version = 2;

    /// <summary>Writes <paramref name="state"/> as it is at <paramref name="now"/>.</summary>
    public static byte[] Write(PolicyState state, TimeSpan now)
    {
        var stored = new StoredState
        {
            Version = Version,
            LastEvaluation = Distance(state.LastEvaluation, now),
            Domains = state.Domains.ToDictionary(pair => pair.Key, pair => ToStored(pair.Value, now), StringComparer.Ordinal),
            Endpoints = state.Endpoints.ToDictionary(pair => pair.Key, pair => ToStored(pair.Value, now), StringComparer.Ordinal),
        };
        return JsonSerializer.SerializeToUtf8Bytes(stored, StoredStateJson.Default.StoredState);
    }

    /// <summary>Reads what <see cref="Write"/> wrote, for a clock that reads <paramref name="now"/>.</summary>
    /// <param name="json">The stored form.</param>
    /// <param name="now">The reader's monotonic time.</param>
    /// <param name="fault">Why it cannot be read.</param>
    /// <returns>The state; null when it is not such JSON or has another version: continue without it.</returns>
    public static PolicyState? Read(ReadOnlySpan<byte> json, TimeSpan now, out string fault)
    {
        fault = "";
        try
        {
            var stored = JsonSerializer.Deserialize(json, StoredStateJson.Default.StoredState);
            if (stored?.Version != Version)
            {
                fault = $"stored state has version {stored?.Version ?? 0}, this controller reads version {Version}";
                return null;
            }

            return new PolicyState
            {
                LastEvaluation = Time(stored.LastEvaluation, now),
                Domains = (stored.Domains ?? [])
                    .Where(pair => pair.Value is not null)
                    .ToImmutableSortedDictionary(pair => pair.Key, pair => FromStored(pair.Value, now), StringComparer.Ordinal),
                Endpoints = EndpointRecordDictionary.From(stored.Endpoints
                    .Where(pair => pair.Value is not null)
                    .Select(pair => KeyValuePair.Create(pair.Key, FromStored(pair.Value, now)))),
            };
        }
        catch (Exception exception) when (exception is JsonException or OverflowException or ArgumentException or NotSupportedException)
        {
            fault = $"stored state cannot be read: {exception.Message}";
            return null;
        }
    }

    private static StoredDomain ToStored(DomainState state, TimeSpan now) => new()
    {
        Trial = state.Trial is { } trial ? new StoredTrial(trial.Key, Ticks(trial.StartedAt, now), Ticks(trial.EndsAt, now)) : null,
        NextTrial = Distance(state.NextTrial, now),
        TrialDebt = state.TrialDebt,
        BlindSince = Distance(state.BlindSince, now),
        ProbesWorkedAt = Distance(state.ProbesWorkedAt, now),
        LongestAnswer = state.LongestAnswer.Ticks,
        FalseAlarms = state.FalseAlarms,
        TooFewSamples = state.TooFewSamples,
        Capacity = ToStored(state.Capacity, now),
    };

    private static DomainState FromStored(StoredDomain stored, TimeSpan now) => new()
    {
        Trial = stored.Trial is { } trial
            ? new TrialRecord(trial.Key, now + TimeSpan.FromTicks(trial.StartedAt), now + TimeSpan.FromTicks(trial.EndsAt))
            : null,
        NextTrial = Time(stored.NextTrial, now) ?? TimeSpan.Zero,
        TrialDebt = Math.Max(0, stored.TrialDebt),
        BlindSince = Time(stored.BlindSince, now),
        ProbesWorkedAt = Time(stored.ProbesWorkedAt, now),
        FalseAlarms = Math.Max(0, stored.FalseAlarms),
        TooFewSamples = stored.TooFewSamples,
        LongestAnswer = TimeSpan.FromTicks(Math.Max(0, stored.LongestAnswer)),
        Capacity = FromStored(stored.Capacity, now),
    };

    private static StoredCapacity ToStored(CapacityRecord record, TimeSpan now) => new(
        record.Degraded, Distance(record.DegradedSince, now), Distance(record.FloorUntil, now), record.Widenings, record.Floor,
        Distance(record.WidenedAt, now), record.LevelThen.Ticks, record.KnownGoodRate, record.KnownGoodRif, record.Limited,
        Distance(record.NarrowedAt, now), record.EvenEjected);

    private static CapacityRecord FromStored(StoredCapacity? stored, TimeSpan now) => stored is null ? default : new CapacityRecord
    {
        Degraded = stored.Degraded,
        DegradedSince = Time(stored.DegradedSince, now),
        FloorUntil = Time(stored.FloorUntil, now) ?? TimeSpan.Zero,
        Widenings = stored.Widenings,
        Floor = stored.Floor,
        WidenedAt = Time(stored.WidenedAt, now),
        LevelThen = TimeSpan.FromTicks(stored.LevelThen),
        KnownGoodRate = Math.Max(0, stored.KnownGoodRate),
        KnownGoodRif = Math.Max(0, stored.KnownGoodRif),
        Limited = stored.Limited,
        NarrowedAt = Time(stored.NarrowedAt, now),
        EvenEjected = stored.EvenEjected,
    };

    private static StoredEndpoint ToStored(EndpointRecord record, TimeSpan now) => new()
    {
        Admitted = record.Admitted,
        HeldInUse = record.HeldInUse,
        SilentSince = Distance(record.SilentSince, now),
        CameSilent = record.CameSilent,
        Measured = record.Measured,
        Verdict = record.Verdict is { } verdict ? [verdict.P50.Ticks, verdict.P99.Ticks, verdict.Samples, Ticks(verdict.At, now)] : null,
        Usual = record.Usual?.Ticks,
        EvidenceFrom = Distance(record.EvidenceFrom, now),
        Persisted = record.Persisted,
        Weight = record.Weight < 1 ? record.Weight : null,
        WantedLess = record.WantedLess,
        Slowness = record.Slowness == default ? null : ToStored(record.Slowness, now),
        Breaker = record.Breaker == default ? null : ToStored(record.Breaker, now),
        Exploration = record.Exploration == default ? null : ToStored(record.Exploration, now),
    };

    private static EndpointRecord FromStored(StoredEndpoint stored, TimeSpan now) => new()
    {
        Admitted = stored.Admitted,
        HeldInUse = stored.HeldInUse,
        SilentSince = Time(stored.SilentSince, now),
        CameSilent = Math.Max(0, stored.CameSilent),
        Measured = stored.Measured,
        Verdict = stored.Verdict is [var p50, var p99, var samples, var at]
            ? new Verdict(TimeSpan.FromTicks(p50), TimeSpan.FromTicks(p99), samples, now + TimeSpan.FromTicks(at)) : null,
        Usual = stored.Usual is { } usual ? TimeSpan.FromTicks(usual) : null,
        EvidenceFrom = Time(stored.EvidenceFrom, now) ?? TimeSpan.Zero,
        Persisted = stored.Persisted,
        WantedLess = Math.Max(0, stored.WantedLess),
        Weight = stored.Weight is { } weight and > 0 and <= 1 ? weight : 1,
        Slowness = FromStored(stored.Slowness, now),
        Breaker = FromStored(stored.Breaker, now),
        Exploration = FromStored(stored.Exploration, now),
    };

    private static StoredSlowness ToStored(SlownessRecord record, TimeSpan now) =>
        new(Ticks(record.Since, now), record.Evaluations, record.Slow, record.Fast, record.WaitingBefore, record.PeersAnswered);

    private static SlownessRecord FromStored(StoredSlowness? stored, TimeSpan now) => stored is null ? default : new(
        now + TimeSpan.FromTicks(stored.Since), Math.Max(0, stored.Evaluations), Math.Max(0, stored.Slow), Math.Max(0, stored.Fast),
        Math.Max(0, stored.WaitingBefore), Math.Max(0, stored.PeersAnswered));

    private static StoredBreaker ToStored(BreakerRecord record, TimeSpan now) =>
        new(record.Phase, record.Violations, record.FailedTrials, Distance(record.OpenUntil, now));

    private static BreakerRecord FromStored(StoredBreaker? stored, TimeSpan now) =>
        stored is { Phase: >= BreakerPhase.Closed and <= BreakerPhase.HalfOpen }
            ? new(stored.Phase, stored.Violations, stored.FailedTrials, Time(stored.OpenUntil, now) ?? TimeSpan.Zero)
            : default;

    private static StoredExploration ToStored(ExplorationRecord record, TimeSpan now) =>
        new(record.Failures, Distance(record.NotBefore, now), record.ProbeThen?.Ticks);

    private static ExplorationRecord FromStored(StoredExploration? stored, TimeSpan now)
    {
        if (stored is null) return default;
        TimeSpan? probe = stored.ProbeThen is { } ticks ? TimeSpan.FromTicks(ticks) : null;
        return new(stored.Failures, Time(stored.NotBefore, now) ?? TimeSpan.Zero, probe);
    }

    private static long Ticks(TimeSpan time, TimeSpan now) => (time - now).Ticks;

    /// <summary>Zero stands for "never" or "always" and stays that.</summary>
    private static long? Distance(TimeSpan? time, TimeSpan now) => time is { } at && at != TimeSpan.Zero ? (at - now).Ticks : null;

    private static TimeSpan? Time(long? distance, TimeSpan now) => distance is { } ticks ? now + TimeSpan.FromTicks(ticks) : null;
}

/// <summary>Stored form of <see cref="PolicyState"/>; times in 100 ns from the moment of saving.</summary>
internal sealed record StoredState
{
    [JsonPropertyName("v")] public int Version { get; init; }

    [JsonPropertyName("e")] public long? LastEvaluation { get; init; }

    [JsonPropertyName("r")] public Dictionary<string, StoredDomain>? Domains { get; init; }

    [JsonPropertyName("p")] public Dictionary<string, StoredEndpoint> Endpoints { get; init; } = [];
}

/// <summary>Stored form of <see cref="DomainState"/>.</summary>
internal sealed record StoredDomain
{
    [JsonPropertyName("t")] public StoredTrial? Trial { get; init; }

    [JsonPropertyName("n")] public long? NextTrial { get; init; }

    [JsonPropertyName("d")] public double TrialDebt { get; init; }

    [JsonPropertyName("b")] public long? BlindSince { get; init; }

    [JsonPropertyName("w")] public long? ProbesWorkedAt { get; init; }

    [JsonPropertyName("a")] public long LongestAnswer { get; init; }

    [JsonPropertyName("y")] public double FalseAlarms { get; init; }

    [JsonPropertyName("s")] public bool TooFewSamples { get; init; }

    [JsonPropertyName("c")] public StoredCapacity? Capacity { get; init; }
}

/// <summary>Stored form of <see cref="EndpointRecord"/>.</summary>
internal sealed record StoredEndpoint
{
    [JsonPropertyName("a")] public bool Admitted { get; init; }

    [JsonPropertyName("h")] public bool HeldInUse { get; init; }

    [JsonPropertyName("q")] public long? SilentSince { get; init; }

    [JsonPropertyName("k")] public long CameSilent { get; init; }

    [JsonPropertyName("m")] public bool Measured { get; init; }

    [JsonPropertyName("l")] public long[]? Verdict { get; init; }

    [JsonPropertyName("u")] public long? Usual { get; init; }

    [JsonPropertyName("f")] public long? EvidenceFrom { get; init; }

    [JsonPropertyName("p")] public int Persisted { get; init; }

    [JsonPropertyName("w")] public double? Weight { get; init; }

    [JsonPropertyName("z")] public int WantedLess { get; init; }

    [JsonPropertyName("s")] public StoredSlowness? Slowness { get; init; }

    [JsonPropertyName("b")] public StoredBreaker? Breaker { get; init; }

    [JsonPropertyName("x")] public StoredExploration? Exploration { get; init; }
}

/// <summary>Stored form of <see cref="TrialRecord"/>.</summary>
internal sealed record StoredTrial(
    [property: JsonPropertyName("k")] string Key,
    [property: JsonPropertyName("s")] long StartedAt,
    [property: JsonPropertyName("u")] long EndsAt);

/// <summary>Stored form of <see cref="SlownessRecord"/>.</summary>
internal sealed record StoredSlowness(
    [property: JsonPropertyName("a")] long Since,
    [property: JsonPropertyName("e")] int Evaluations,
    [property: JsonPropertyName("s")] long Slow,
    [property: JsonPropertyName("f")] long Fast,
    [property: JsonPropertyName("r")] long WaitingBefore,
    [property: JsonPropertyName("m")] long PeersAnswered = 0);

/// <summary>Stored form of <see cref="BreakerRecord"/>.</summary>
internal sealed record StoredBreaker(
    [property: JsonPropertyName("p")] BreakerPhase Phase,
    [property: JsonPropertyName("v")] int Violations,
    [property: JsonPropertyName("t")] int FailedTrials,
    [property: JsonPropertyName("u")] long? OpenUntil);

/// <summary>Stored form of <see cref="ExplorationRecord"/>.</summary>
internal sealed record StoredExploration(
    [property: JsonPropertyName("f")] int Failures,
    [property: JsonPropertyName("n")] long? NotBefore,
    [property: JsonPropertyName("p")] long? ProbeThen);

/// <summary>Stored form of <see cref="CapacityRecord"/>.</summary>
internal sealed record StoredCapacity(
    [property: JsonPropertyName("d")] int Degraded,
    [property: JsonPropertyName("s")] long? DegradedSince,
    [property: JsonPropertyName("n")] long? FloorUntil,
    [property: JsonPropertyName("w")] int Widenings,
    [property: JsonPropertyName("f")] int Floor,
    [property: JsonPropertyName("a")] long? WidenedAt,
    [property: JsonPropertyName("l")] long LevelThen,
    [property: JsonPropertyName("r")] double KnownGoodRate = 0,
    [property: JsonPropertyName("i")] double KnownGoodRif = 0,
    [property: JsonPropertyName("m")] bool Limited = false,
    [property: JsonPropertyName("b")] long? NarrowedAt = null,
    [property: JsonPropertyName("e")] bool EvenEjected = false);

/// <summary>Source-generated JSON of the stored state.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(StoredState))]
internal sealed partial class StoredStateJson : JsonSerializerContext;
