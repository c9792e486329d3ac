using System.Collections.Immutable;

namespace Aviator.Core.Decisions;

/// <summary>
/// Decides which endpoints of a Service get traffic: a pure function of what was observed and what is remembered. The rules, their constants
/// and the reasons for them are in docs/deciding.md; the stages below stand in the order in which they matter.
/// </summary>
public static class PolicyDecision
{
    /// <summary>Evaluates a policy once.</summary>
    /// <param name="settings">The policy, validated.</param>
    /// <param name="observations">Every ready endpoint, in any order.</param>
    /// <param name="previous">What the last written decision left to remember.</param>
    /// <param name="now">Monotonic time, read once for this evaluation; never less than at the evaluation before.</param>
    /// <param name="seed">Varies the jitter of pauses, nothing else.</param>
    public static PolicyOutcome Decide(
        PolicySettings settings, IReadOnlyCollection<EndpointObservation> observations, PolicyState previous, TimeSpan now, ulong seed) =>
        Conclude(Rank(settings, observations, previous, now, seed));

    /// <summary>The first half: what is known of each endpoint, whom the breaker holds out, and the order of those left.</summary>
    /// <inheritdoc cref="Decide"/>
    internal static RankedEndpoints Rank(
        PolicySettings settings, IReadOnlyCollection<EndpointObservation> observations, PolicyState previous, TimeSpan now, ulong seed)
    {
        // An endpoint that comes later is the first to go among equals; the first evaluation of all knows no order of coming.
        var newcomer = EndpointRecord.New with { EvidenceFrom = previous.LastEvaluation is null ? TimeSpan.Zero : now };
        var subjects = observations.DistinctBy(seen => seen.Key, StringComparer.Ordinal).OrderBy(seen => seen.Key, StringComparer.Ordinal)
            .Select(seen => new Subject(seen, previous.Endpoints.GetValueOrDefault(seen.Key) ?? newcomer)).ToList();
        var context = new Context(settings, now, seed, subjects);
        var (validity, blindSince) = Validity.Of(context, previous.BlindSince);
        var state = previous with { BlindSince = blindSince };
        if (validity != Validity.Outcome.Decide) return new(context, state, validity, []);
        foreach (var subject in subjects) subject.OnTrial = state.Trial?.Key == subject.Key && subject.Record.Admitted;
        foreach (var subject in subjects) subject.NoteProbes();
        Knowledge.Establish(context);
        CircuitBreaker.Step(context);
        return new(context, state, validity, Ranking.Of(context));
    }

    /// <summary>The second half: trials, selection and guards.</summary>
    /// <param name="ranked">The first half's result; used up by this.</param>
    internal static PolicyOutcome Conclude(RankedEndpoints ranked)
    {
        var (context, state, validity, order) = ranked;
        ConditionVerdict degraded;
        if (validity == Validity.Outcome.Decide)
        {
            state = Select(context, state, order);
            degraded = Guards.Apply(context);
        }
        else
        {
            degraded = WithoutData(context, validity);
        }

        var next = state with
        {
            LastEvaluation = context.Now,
            Endpoints = context.Subjects.ToImmutableSortedDictionary(subject => subject.Key, subject => subject.Record, StringComparer.Ordinal),
            Trial = state.Trial is { } trial && context.Subjects.Any(subject => subject.Key == trial.Key) ? state.Trial : null,
        };
        return Report.Compose(context, next, degraded);
    }

    private static PolicyState Select(Context context, PolicyState state, IReadOnlyList<Subject> order)
    {
        state = Trials.Progress(context, state, order);
        var ranked = Ranking.Of(context);
        var promise = new Promise(context, ranked);
        var promising = state.Capacity.Degraded > 0 ? [] : context.Subjects.Where(promise.Of).ToList();
        Narrowing.Step(context, ranked, promising.Count + (state.Trial is null ? 0 : 1), state.Capacity);
        state = state with { Capacity = Capacity.Step(context, state.Capacity, ranked.Where(subject => subject.Ranked).ToList(), state.Trial is not null) };
        state = Trials.Begin(context, state, promising.Where(subject => !subject.Record.Admitted).ToList(), ranked);
        Ranking.Of(context);
        return state;
    }

    private static ConditionVerdict WithoutData(Context context, Validity.Outcome validity)
    {
        var silent = context.Subjects.Count(subject => subject.Seen.Report != ReportFreshness.Fresh);
        if (validity == Validity.Outcome.FailOpen)
        {
            foreach (var subject in context.Subjects)
            {
                subject.Forced = true;
                subject.Reason = $"used: no fresh report for {silent} of {context.Subjects.Count} ready endpoints";
            }

            return new(true, "NoFreshReports", $"No fresh report for {silent} of {context.Subjects.Count} ready endpoints: all ready ones are used until the agents report again.");
        }

        foreach (var subject in context.Subjects) subject.Reason = $"{(subject.Record.Admitted ? "kept" : "unselected")}: waiting for the agents' reports";
        Guards.Apply(context);
        return new(true, "WaitingForReports", $"No fresh report for {silent} of {context.Subjects.Count} ready endpoints: the present selection is kept.");
    }
}

/// <summary>One evaluation between its two halves.</summary>
/// <param name="Context">What every stage needs; its subjects are written by the second half.</param>
/// <param name="State">What goes on to the next evaluation so far.</param>
/// <param name="Validity">Whether the reports allow a decision at all.</param>
/// <param name="Order">The endpoints that can be compared, best first; empty without a decision.</param>
internal sealed record RankedEndpoints(Context Context, PolicyState State, Validity.Outcome Validity, IReadOnlyList<Subject> Order);
