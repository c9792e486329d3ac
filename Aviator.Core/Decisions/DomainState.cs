namespace Aviator.Core.Decisions;

/// <summary>The one trial with traffic that a routing domain may have under way.</summary>
/// <param name="Key">The endpoint.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="EndsAt">When it ends for want of samples.</param>
public sealed record TrialRecord(string Key, TimeSpan StartedAt, TimeSpan EndsAt);

/// <summary>What is known of how many endpoints the load needs (see docs/deciding.md, Capacity).</summary>
public readonly record struct CapacityRecord
{
    /// <summary>Evaluations in a row in which most of the selection was far slower than usual.</summary>
    public int Degraded { get; init; }

    /// <summary>Since when that is so; null when it is not.</summary>
    public TimeSpan? DegradedSince { get; init; }

    /// <summary>Until when <see cref="Floor"/> holds.</summary>
    public TimeSpan FloorUntil { get; init; }

    /// <summary>Times that endpoints had to be called back; each doubles the time that the floor holds.</summary>
    public int Widenings { get; init; }

    /// <summary>So many endpoints were found too few, and one more is needed, until <see cref="FloorUntil"/>.</summary>
    public int Floor { get; init; }

    /// <summary>
    /// Whether so much was missing that even ejected endpoints count towards <see cref="Floor"/>: what answers slowly takes some of the
    /// load.
    /// </summary>
    public bool EvenEjected { get; init; }

    /// <summary>The most answers per second and endpoint in service at which latency and failures held; 0 before that is known.</summary>
    public double KnownGoodRate { get; init; }

    /// <summary>The most requests in flight per endpoint in service at which they held.</summary>
    public double KnownGoodRif { get; init; }

    /// <summary>
    /// Whether more than a few endpoints were slower than usual, or most failed, at the last evaluation: under load nobody leaves then.
    /// </summary>
    public bool Limited { get; init; }

    /// <summary>
    /// Whether all that can serve must: many are slower than usual, most fail, or endpoints were just called back.
    /// </summary>
    public bool IsStrained(TimeSpan now) => Limited || Degraded > 0 || (Floor > 0 && now < FloorUntil);

    /// <summary>When endpoints last left because they were slow; null when none has.</summary>
    public TimeSpan? NarrowedAt { get; init; }

    /// <summary>When endpoints were last added; null when the addition has been judged.</summary>
    public TimeSpan? WidenedAt { get; init; }

    /// <summary>Median latency of the selection just before that.</summary>
    public TimeSpan LevelThen { get; init; }
}

/// <summary>
/// What decisions remember of one routing domain (endpoints that the same clients reach: <see cref="EndpointObservation.Domain"/>), beside
/// what they remember of its endpoints. All times are those of the monotonic <c>now</c> of <see cref="PolicyDecision.Decide"/>.
/// </summary>
public sealed record DomainState
{
    /// <summary>Nothing decided yet.</summary>
    public static DomainState Initial { get; } = new();

    /// <summary>The trial under way in it.</summary>
    public TrialRecord? Trial { get; init; }

    /// <summary>No trial begins before this time.</summary>
    public TimeSpan NextTrial { get; init; }

    /// <summary>What failed trials have cost, in seconds times share of traffic, not yet paid off.</summary>
    public double TrialDebt { get; init; }

    /// <summary>
    /// Endpoints that looked clearly worse of late and then did not any more; older ones count less and less. Where there are many, equals
    /// take turns (they queue), and to look worse must last longer to mean anything.
    /// </summary>
    public double FalseAlarms { get; init; }

    /// <summary>When a probe of any of its endpoints last succeeded; null when none ever did.</summary>
    public TimeSpan? ProbesWorkedAt { get; init; }

    /// <summary>The longest that any of its endpoints took for an answer, as far as remembered: what is usual here is no hang.</summary>
    public TimeSpan LongestAnswer { get; init; }

    /// <summary>How many of its endpoints the load needs.</summary>
    public CapacityRecord Capacity { get; init; }

    /// <summary>Whether most endpoints in service had too few samples to be ranked.</summary>
    public bool TooFewSamples { get; init; }

    /// <summary>Since when most reports are missing; null while they are not.</summary>
    public TimeSpan? BlindSince { get; init; }
}
