using System.Diagnostics;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Collection;
using Aviator.Controller.Kubernetes;
using Aviator.Controller.Kubernetes.Steering;
using Aviator.Controller.State;
using Aviator.Controller.Status;
using Aviator.Controller.Telemetry;
using Aviator.Core.Decisions;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using Aviator.ServiceDefaults;

namespace Aviator.Controller.Reconciliation;

/// <summary>Evaluates a policy when it is time to, or when its endpoints changed, and carries the decision out: collect → rank → decide → write.</summary>
internal sealed class PolicyEvaluation(
    ClusterView cluster, Func<PolicyRouting, IDatapath> datapaths, Evaluator evaluator, IPolicyStateStore states, PolicyStatusKeeper status, DecisionReporter reporter,
    ILeadership leadership, ISharedReports shared, ControllerMetrics metrics, MonotonicClock clock)
{
    /// <summary>Longest time that a selection found in place is kept before it is judged.</summary>
    private static readonly TimeSpan LongestWarmUp = TimeSpan.FromSeconds(30);

    /// <summary>Decides and reports; the Service is left alone.</summary>
    /// <returns>The time until the next evaluation.</returns>
    public async Task<TimeSpan> ObserveAsync(AviatorPolicy policy, PolicyTerms terms, ConditionValue accepted, ServiceShape service, ServiceRun run, CancellationToken cancellationToken)
    {
        var now = clock.Now;
        var members = Members.Ready(service, cluster.MembershipOf(service), terms.Port);
        await RestoreAsync(policy, terms, run, members, published: null, steered: false, cancellationToken);
        var began = clock.Now;
        var result = IsDue(policy, run, members, now, out var onTime) ? Evaluate(policy, terms, run, members, now, onTime) : null;
        using var trace = Trace(policy, run, onTime, ref result);
        if (result is not null) await CommitAsync(policy, terms, run, result, began, cancellationToken);
        await ShowAsync(policy, terms, accepted, null, run, cancellationToken);
        return Remaining(run);
    }

    /// <summary>Goes on taking the Service over; once it is steered, decides and carries the decision out.</summary>
    /// <returns>When to look again.</returns>
    public async Task<TimeSpan> EnforceAsync(AviatorPolicy policy, PolicyTerms terms, ConditionValue accepted, ServiceShape service, ServiceRun run, CancellationToken cancellationToken)
    {
        var (key, now, datapath) = (new ObjectKey(service.Namespace, service.Name), clock.Now, datapaths(terms.Routing));
        var members = Members.Ready(service, cluster.MembershipOf(service), terms.Port);
        await RestoreAsync(policy, terms, run, members, datapath.Published(key), IsCarriedOut(terms, service, key), cancellationToken);

        // First what was decided, for the endpoints that there are now: one that turned unready leaves before anything is weighed.
        var state = (run.Pending?.Outcome.Decision ?? run.Decision) is { } decision
            ? await datapath.ApplyAsync(key, decision, cancellationToken)
            : await datapath.SteerAsync(key, cancellationToken);
        var steered = state.Phase == SteeringPhase.Steered;
        if (steered && run.Phase is null) run.WarmingUntil = now + LongestWarmUp;
        var began = clock.Now;
        var onTime = false;
        var result = IsWarm(terms, run, members, now) && IsDue(policy, run, members, now, out onTime)
            ? Evaluate(policy, terms, run, members, now, onTime)
            : null;
        using var trace = Trace(policy, run, onTime, ref result);
        if (result is not null)
        {
            if (steered)
            {
                run.Pending = result;
                state = await WriteAsync(datapath, key, result.Outcome.Decision, cancellationToken);
                if (!IsInPlace(state)) metrics.Evaluated(clock.Now - began, changed: true);
            }
            else
            {
                // Until the Service is steered every ready endpoint gets traffic, and nothing decided is in force: report, and remember nothing.
                (run.Summary, run.Source) = (result.Outcome.Summary, result.Source);
            }

            if (IsInPlace(state)) await CommitAsync(policy, terms, run, result, began, cancellationToken);
        }
        else if (run.Pending is { } pending && IsInPlace(state))
        {
            await CommitAsync(policy, terms, run, pending, null, cancellationToken);
        }

        run.Phase = state.Phase;
        await ShowAsync(policy, terms, accepted, state, run, cancellationToken);
        var remaining = Remaining(run);
        return state.LookAgainAfter < remaining ? state.LookAgainAfter.Value : remaining;
    }

    /// <summary>Whether what is published carries traffic already, so that it is what a stored state has to agree with.</summary>
    private bool IsCarriedOut(PolicyTerms terms, ServiceShape service, ObjectKey key) => terms.Routing == PolicyRouting.Shadow ? cluster.TwinOf(key) is not null : service.IsKeyed;

    /// <summary>Whether the decision asked for is seen in the slices: only then may the state move on.</summary>
    private bool IsInPlace(DatapathState state) => state is { Phase: SteeringPhase.Steered, Writes: 0, LookAgainAfter: null } && leadership.MayWrite;

    private Evaluation Evaluate(AviatorPolicy policy, PolicyTerms terms, ServiceRun run, IReadOnlyList<EndpointMember> members, TimeSpan now, bool onTime)
    {
        var state = run.State!;
        var result = evaluator.Evaluate(terms, members, state, now, ((ulong)policy.Metadata.Uid.GetHashCode(StringComparison.Ordinal) << 32) + run.Evaluations++, onTime);
        (run.Members, run.Generation) = (Members.Fingerprint(members), policy.Metadata.Generation ?? 0);
        if (onTime) run.NextDue = run.NextDue + terms.Settings.EvaluationInterval > now ? run.NextDue + terms.Settings.EvaluationInterval : now + terms.Settings.EvaluationInterval;
        return result;
    }

    private static async Task<DatapathState> WriteAsync(IDatapath datapath, ObjectKey key, Decision decision, CancellationToken cancellationToken)
    {
        using var writing = ControllerTracing.Source.StartActivity(ControllerTracing.Write);
        var state = await datapath.ApplyAsync(key, decision, cancellationToken);
        writing?.SetTag("aviator.writes", state.Writes).SetTag("aviator.phase", state.Phase.ToString());
        return state;
    }

    /// <summary>The decision is in force: now it is what the next one goes on from.</summary>
    private async Task CommitAsync(AviatorPolicy policy, PolicyTerms terms, ServiceRun run, Evaluation result, TimeSpan? began, CancellationToken cancellationToken)
    {
        // Seen in place by a later look, it belongs to the trace of its evaluation all the same.
        using var span = began is null
            ? ControllerTracing.Source.StartActivity(ControllerTracing.Commit, ActivityKind.Internal, result.Trace)
            : ControllerTracing.Source.StartActivity(ControllerTracing.Commit);
        var news = DecisionNews.Of(run.Decision, result.Outcome);
        span?.SetTag(Extensions.ChangedTag, news.Any);
        if (began is { } at) metrics.Evaluated(clock.Now - at, news.Any);
        reporter.Report(policy, terms.Mode, news, result.Outcome.Summary);
        (run.State, run.Decision, run.Pending, run.Summary, run.Source) = (result.Outcome.Next, result.Outcome.Decision, null, result.Outcome.Summary, result.Source);
        if (leadership.Term is not { } term) return;
        try
        {
            if (!await states.SaveAsync(Identity(policy), result.Outcome.Next, term.Number, cancellationToken)) metrics.StateRefused();
        }
        catch (StateUnavailableException)
        {
            // The state in hand is the same; the store gets the next one.
        }
    }

    /// <summary>The state to go on from: in hand, stored (and in line with what is in place), or read back from what is in place.</summary>
    private async Task RestoreAsync(AviatorPolicy policy, PolicyTerms terms, ServiceRun run, IReadOnlyList<EndpointMember> members, Decision? published, bool steered, CancellationToken cancellationToken)
    {
        if (run.State is not null) return;
        try
        {
            run.State = await states.LoadAsync(Identity(policy), cancellationToken);
        }
        catch (StateUnavailableException)
        {
            // Then from what is in place, as if there were no store.
        }

        if (published is { Endpoints.Count: > 0 })
        {
            run.State = run.State is { } stored && steered ? Restoration.Reconcile(stored, published, terms.Settings, clock.Now) : run.State;
            run.State ??= Restoration.From(published, policy.Status, members.ToDictionary(member => member.Key, member => member.Name), terms.Settings, clock.Now);
            run.Decision ??= Restoration.Recall(published, run.State);
        }

        run.State ??= PolicyState.Initial;
    }

    /// <summary>Due at its time, at once for a changed spec, and in between when an endpoint came or went.</summary>
    private static bool IsDue(AviatorPolicy policy, ServiceRun run, IReadOnlyList<EndpointMember> members, TimeSpan now, out bool onTime)
    {
        onTime = now >= run.NextDue || run.Generation != policy.Metadata.Generation;
        return onTime || run.Members != Members.Fingerprint(members);
    }

    /// <summary>A selection found in place at the start is kept until the windows can judge it, or a change of members forces a decision.</summary>
    private bool IsWarm(PolicyTerms terms, ServiceRun run, IReadOnlyList<EndpointMember> members, TimeSpan now)
    {
        if (run.WarmingUntil is not { } until) return true;
        if (now < until && !evaluator.IsWarm(terms, members, run.State!, now)) return false;
        (run.WarmingUntil, run.NextDue) = (null, now);
        return true;
    }

    private async Task ShowAsync(AviatorPolicy policy, PolicyTerms terms, ConditionValue accepted, DatapathState? state, ServiceRun run, CancellationToken cancellationToken)
    {
        // While a selection found in place is being kept, the status that speaks of it is kept too.
        if (run is { WarmingUntil: not null, Summary: null }) return;
        var (summary, fault) = (run.Summary, shared.Fault);
        metrics.Show(policy.Key(), new(state?.Phase == SteeringPhase.Steered, summary?.Active ?? 0, summary?.Total ?? 0, summary?.Ejected ?? 0, summary is { Degraded.IsTrue: true } || fault is not null, summary?.P99));
        await status.UpdateAsync(policy, Conditions.Serving(accepted, terms.Mode, state, summary, fault), summary, run.Source, cancellationToken);
    }

    private TimeSpan Remaining(ServiceRun run)
    {
        // While warming up, a look a second is enough: changes of the cluster come by themselves.
        if (run.WarmingUntil is not null) return TimeSpan.FromSeconds(1);
        var remaining = run.NextDue - clock.Now;
        return remaining > TimeSpan.Zero ? remaining : TimeSpan.FromMilliseconds(1);
    }

    /// <summary>Begins the trace of an evaluation, and notes it there: the commit may come in a later look. No evaluation, no trace.</summary>
    private static Activity? Trace(AviatorPolicy policy, ServiceRun run, bool onTime, ref Evaluation? result)
    {
        if (result?.Stages is null) return null;
        var trace = ControllerTracing.Begin(policy, result.Stages, onTime, DecisionNews.Of(run.Decision, result.Outcome).Any);
        result = result with { Trace = trace?.Context ?? default };
        return trace;
    }

    private static PolicyIdentity Identity(AviatorPolicy policy) => new(policy.Metadata.NamespaceProperty, policy.Metadata.Name, policy.Metadata.Uid);
}
