using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Boards;
using Aviator.Controller.Cluster;
using Aviator.Controller.Policies;
using Aviator.Core.Boards;
using Aviator.Core.Decisions;
using Aviator.Kubernetes;

namespace Aviator.Controller.Reconciliation;

/// <summary>
/// Says what a policy would decide that is not in force, on the figures of now. It writes nothing and changes no memory of a policy that
/// is.
/// </summary>
/// <param name="cluster">What is seen.</param>
/// <param name="acceptance">Judges whether it could be carried out.</param>
/// <param name="evaluation">Looks at the endpoints.</param>
/// <param name="evaluator">Decides.</param>
/// <param name="memoryOf">What the policy that has a Service remembers; null where none is evaluated.</param>
internal sealed class PolicySimulation(
    ClusterView cluster, Acceptance acceptance, PolicyEvaluation evaluation, Evaluator evaluator,
    Func<ObjectKey, EvaluationMemory?> memoryOf)
{
    /// <summary>Simulates a policy.</summary>
    /// <param name="policy">The policy; its namespace is that of its Service, and it need not exist.</param>
    /// <param name="cancellationToken">Ends the wait for what is asked of the API server.</param>
    public async Task<SimulatedPolicy> RunAsync(AviatorPolicy policy, CancellationToken cancellationToken)
    {
        if (SpecReader.Read(policy.Spec, out var faults) is not { } terms)
            return new() { Service = policy.Spec.TargetRef.Name, Faults = faults };
        var key = PolicyStore.TargetOf(policy);
        var service = cluster.Services.Find(key);
        var verdict = await acceptance.JudgeAsync(policy, terms, service, cancellationToken);
        var answer = new SimulatedPolicy
        {
            Service = terms.ServiceName,
            Obstacle = verdict.Accepted.Holds == true ? null : verdict.Accepted.Message,
            IntervalMs = terms.Settings.EvaluationInterval.TotalMilliseconds,
        };
        if (service is null) return answer;

        var memory = memoryOf(key);
        var foreseen = evaluator.Foresee(
            evaluation.Look(policy, terms, verdict.Accepted, service), memory?.State ?? PolicyState.Initial, memory?.Decision);
        var summary = foreseen.Outcome.Summary;
        var endpoints = summary.Rows
            .Select(row => Endpoint(row, memory?.Decision?.WeightOf(row.Key) ?? 1, foreseen.Turns.GetValueOrDefault(row.Key)))
            .OrderBy(row => row.Weight - row.WeightNow).ThenByDescending(row => row.P99Ms).ToList();
        return answer with
        {
            Evaluations = foreseen.Evaluations,
            Total = summary.Total,
            Active = summary.Active,
            ActiveNow = endpoints.Count(endpoint => endpoint.WeightNow > 0),
            Degraded = summary.Degraded is { IsTrue: true } degraded ? degraded.Message : null,
            // What is out of use now is hardly measured, so there is nothing to compare with.
            Gain = endpoints.All(endpoint => endpoint.WeightNow >= 1) ? BoardFigures.Gain(summary.Gain) : null,
            Endpoints = endpoints,
        };
    }

    private static SimulatedEndpoint Endpoint(EndpointRow row, double weightNow, string? turn) => new()
    {
        Pod = row.Name,
        WeightNow = weightNow,
        Weight = row.Weight,
        State = row.State.ToString(),
        Reason = turn ?? row.Reason,
        P50Ms = BoardFigures.Milliseconds(row.P50),
        P99Ms = BoardFigures.Milliseconds(row.P99),
        Samples = row.Samples,
    };
}
