using System.Diagnostics;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Clocks;
using Aviator.Controller.Cluster;
using Aviator.Controller.Collection;
using Aviator.Controller.Events;
using Aviator.Controller.Leadership;
using Aviator.Controller.Policies;
using Aviator.Controller.Status;
using Aviator.Controller.Steering;
using Aviator.Controller.Telemetry;
using Aviator.Core.Decisions;
using Aviator.Core.Slices;
using Aviator.Kubernetes;
using Aviator.ServiceDefaults;

namespace Aviator.Controller.Reconciliation;

/// <summary>
/// Evaluates a policy when it is time to, or when its endpoints changed, and carries the decision out: collect → rank → decide → write.
/// </summary>
/// <param name="cluster">What is seen.</param>
/// <param name="datapaths">What carries decisions out.</param>
/// <param name="evaluator">Collects, ranks and decides.</param>
/// <param name="states">Restores and stores states.</param>
/// <param name="status">Shows how the policy stands.</param>
/// <param name="reporter">Reports what a decision changed.</param>
/// <param name="leadership">Whether writing is allowed.</param>
/// <param name="clock">The clock of evaluations.</param>
internal sealed class PolicyEvaluation(
    ClusterView cluster, Func<PolicyTerms, IDatapath> datapaths, Evaluator evaluator, PolicyStateKeeper states, ServingStatus status,
    DecisionReporter reporter, ILeadership leadership, MonotonicClock clock)
{
    /// <summary>Looks at the policy's Service, its endpoints and the clock as they are now.</summary>
    public PolicyCase Look(AviatorPolicy policy, PolicyTerms terms, ConditionValue accepted, ServiceShape service)
    {
        // No connection from outside the cluster is given to an endpoint by a kernel.
        if (terms.Routing == PolicyRouting.Kernel) service = service.FromInside();
        var subsets = cluster.MembershipOf(service);
        var settled = AutoHints.Settle(service, subsets);
        var members = MeasuredEndpoints.Ready(settled, subsets, terms.Port);
        return new(
            policy, terms, accepted, settled, [.. members.Select(member => WithPod(service.Namespace, member, terms.Canary))], clock.Now);
    }

    /// <summary>With what only the pod itself says.</summary>
    private MeasuredEndpoint WithPod(string ns, MeasuredEndpoint member, CanaryTerms? canary)
    {
        if (cluster.Pods.Find(new(ns, member.Name)) is not { } pod) return member;
        var isCanary = canary?.Selector.Matches(pod.Shape.Labels) == true;
        return pod.Obstacle == member.Obstacle && isCanary == member.Canary
            ? member
            : member with { Obstacle = pod.Obstacle, Canary = isCanary };
    }

    /// <summary>Decides and reports; the Service is left alone.</summary>
    /// <returns>The time until the next evaluation.</returns>
    public async Task<TimeSpan> ObserveAsync(PolicyCase policyCase, ServiceRun run, CancellationToken cancellationToken)
    {
        await states.RestoreAsync(policyCase, run.Memory, published: null, carriedOut: false, cancellationToken);
        var result = run.Pace.IsDue(policyCase, out var onTime) ? Evaluate(policyCase, run, onTime) : null;
        using var span = result?.Span;
        if (result is not null) await CommitAsync(policyCase, run, result, late: false, cancellationToken);
        await status.ShowAsync(policyCase, run, null, cancellationToken);
        return run.Pace.Remaining(clock.Now);
    }

    /// <summary>Continues to take the Service over; once it is steered, decides and carries the decision out.</summary>
    /// <returns>When to look again.</returns>
    /// <exception cref="ApiException">The server refused; where it is no use to ask again at once, the policy's status says so.</exception>
    public async Task<TimeSpan> EnforceAsync(PolicyCase policyCase, ServiceRun run, CancellationToken cancellationToken)
    {
        try
        {
            return await StepAsync(policyCase, run, cancellationToken);
        }
        catch (ApiException refusal) when (refusal.IsRefusal)
        {
            await status.ShowAsync(policyCase, run, DatapathState.Denied(run.Phase, refusal.Message), cancellationToken);
            throw;
        }
    }

    private async Task<TimeSpan> StepAsync(PolicyCase policyCase, ServiceRun run, CancellationToken cancellationToken)
    {
        var (key, memory, datapath) = (policyCase.ServiceKey, run.Memory, datapaths(policyCase.Terms));
        await states.RestoreAsync(policyCase, memory, datapath.Published(key), IsCarriedOut(policyCase), cancellationToken);

        // First what was decided, for the endpoints that there are now: one that turned unready leaves before anything is weighed.
        var state = memory.Wanted is { } decision
            ? await datapath.ApplyAsync(key, decision, cancellationToken)
            : await datapath.SteerAsync(key, cancellationToken);
        if (state.Phase == SteeringPhase.Steered && run.Phase is null && IsFound(policyCase, memory)) run.Pace.StartWarmUp(policyCase);
        run.Pace.EndWarmUp(policyCase.Now, () => evaluator.IsWarm(policyCase, memory.State!));
        var result = run.Pace.IsDue(policyCase, out var onTime) ? Evaluate(policyCase, run, onTime) : null;
        using var span = result?.Span;
        if (result is not null)
            state = await CarryOutAsync(policyCase, run, datapath, state, result, cancellationToken);
        else if (memory.Pending is { } pending && IsInPlace(state))
            await CommitAsync(policyCase, run, pending, late: true, cancellationToken);

        (run.Phase, run.IsDenied) = (state.Phase, state.Denial is not null);
        await status.ShowAsync(policyCase, run, state, cancellationToken);
        var remaining = run.Pace.Remaining(clock.Now);
        return state.LookAgainAfter < remaining ? state.LookAgainAfter.Value : remaining;
    }

    private async Task<DatapathState> CarryOutAsync(
        PolicyCase policyCase, ServiceRun run, IDatapath datapath, DatapathState state, Evaluation result,
        CancellationToken cancellationToken)
    {
        if (state.TakesDecisions)
        {
            run.Memory.Pending = result;
            state = await WriteAsync(datapath, policyCase.ServiceKey, result.Outcome.Decision, cancellationToken);
            if (!IsInPlace(state)) reporter.Evaluated(clock.Now - result.Began, changed: true);
        }
        else
        {
            // Until the Service is steered every ready endpoint gets traffic, and nothing decided is in force: report, and remember
            // nothing.
            run.Memory.Report(result);
        }

        if (IsInPlace(state)) await CommitAsync(policyCase, run, result, late: false, cancellationToken);
        return state;
    }

    /// <summary>Whether what is published carries traffic already, so that it is what a stored state has to agree with.</summary>
    private bool IsCarriedOut(PolicyCase policyCase) => policyCase.Terms.Routing switch
    {
        PolicyRouting.Shadow => cluster.TwinOf(policyCase.ServiceKey) is not null,
        PolicyRouting.Kernel => true,
        _ => policyCase.Service.IsKeyed,
    };

    /// <summary>
    /// Whether a selection stands that is to be kept until it can be judged. Slices stand across restarts; what kernels do is in force
    /// from the first look on, and a selection among it only if one was remembered.
    /// </summary>
    private static bool IsFound(PolicyCase policyCase, EvaluationMemory memory) =>
        policyCase.Terms.Routing != PolicyRouting.Kernel || memory.Decision is not null;

    /// <summary>Whether the decision asked for is in force: only then may the state change.</summary>
    private bool IsInPlace(DatapathState state) => state.IsInPlace && leadership.MayWrite;

    /// <summary>Evaluates, and begins the span of it: whether something changed is known only now.</summary>
    private Evaluation Evaluate(PolicyCase policyCase, ServiceRun run, bool onTime)
    {
        var began = clock.Now;
        var seed = ((ulong)policyCase.Policy.Metadata.Uid.GetHashCode(StringComparison.Ordinal) << 32) + run.Evaluations++;
        var result = evaluator.Evaluate(policyCase, run.Memory.State!, seed, onTime);
        run.Pace.Evaluated(policyCase, onTime);
        var changed = result.Stages is not null && Change(policyCase, run, result).Any;
        return result with { Began = began, Span = ControllerTracing.Begin(policyCase.Policy, result.Stages, onTime, changed) };
    }

    /// <summary>
    /// What an evaluation changes. Before a Service is steered all of its pods get traffic, so the first decision is a change as any other;
    /// one that only observes had one before its process started, perhaps, and has nothing to compare with.
    /// </summary>
    private static DecisionChange Change(PolicyCase policyCase, ServiceRun run, Evaluation result) =>
        DecisionChange.Between(run.Memory.Decision, result.Outcome, fromAll: policyCase.Terms.Mode == PolicyMode.Enforce);

    private static async Task<DatapathState> WriteAsync(
        IDatapath datapath, ObjectKey key, Decision decision, CancellationToken cancellationToken)
    {
        using var writing = ControllerTracing.Source.StartActivity(ControllerTracing.Write);
        var state = await datapath.ApplyAsync(key, decision, cancellationToken);
        writing?.SetTag("aviator.writes", state.Writes).SetTag("aviator.phase", state.Phase.ToString());
        return state;
    }

    /// <summary>The decision is in force: now the next one starts from it.</summary>
    private async Task CommitAsync(
        PolicyCase policyCase, ServiceRun run, Evaluation result, bool late, CancellationToken cancellationToken)
    {
        // Seen in place by a later look, it belongs to the trace of its evaluation all the same.
        using var span = late
            ? ControllerTracing.Source.StartActivity(ControllerTracing.Commit, ActivityKind.Internal, result.Span?.Context ?? default)
            : ControllerTracing.Source.StartActivity(ControllerTracing.Commit);
        var change = Change(policyCase, run, result);
        span?.SetTag(Extensions.ChangedTag, change.Any);
        if (!late) reporter.Evaluated(clock.Now - result.Began, change.Any);
        reporter.Report(policyCase.Policy, policyCase.Terms.Mode, change, result.Outcome.Summary);
        run.Memory.Commit(result);
        await states.SaveAsync(policyCase, result.Outcome.Next, cancellationToken);
    }
}
