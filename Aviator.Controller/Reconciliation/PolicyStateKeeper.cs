using Aviator.Controller.Clocks;
using Aviator.Controller.Leadership;
using Aviator.Controller.Policies;
using Aviator.Controller.State;
using Aviator.Controller.Telemetry;
using Aviator.Core.Decisions;

namespace Aviator.Controller.Reconciliation;

/// <summary>
/// Restores a policy's state when this process begins to decide, and stores it after each decision. A store that is away never stops
/// either.
/// </summary>
/// <param name="states">The store.</param>
/// <param name="leadership">The term under which to store.</param>
/// <param name="metrics">Counts states that the store refused.</param>
/// <param name="clock">The clock of the states' times.</param>
internal sealed class PolicyStateKeeper(IPolicyStateStore states, ILeadership leadership, ControllerMetrics metrics, MonotonicClock clock)
{
    /// <summary>
    /// Fills the memory, unless it is filled: from the store (brought in line with what is in place), else from what is in place.
    /// </summary>
    /// <param name="policyCase">The policy.</param>
    /// <param name="memory">Takes state and decision.</param>
    /// <param name="published">The decision that the slices carry out; null when nothing is published.</param>
    /// <param name="carriedOut">Whether what is published carries traffic, so that a stored state has to agree with it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task RestoreAsync(
        PolicyCase policyCase, EvaluationMemory memory, Decision? published, bool carriedOut, CancellationToken cancellationToken)
    {
        if (memory.State is not null) return;
        var state = await LoadAsync(policyCase, cancellationToken);
        if (published is { Endpoints.Count: > 0 })
        {
            var settings = policyCase.Terms.Settings;
            if (state is not null && carriedOut) state = Restoration.Reconcile(state, published, settings, clock.Now);
            var names = policyCase.Members.ToDictionary(member => member.Key, member => member.Name);
            state ??= Restoration.From(published, policyCase.Policy.Status, names, settings, clock.Now);
            memory.Decision ??= Restoration.Recall(published, state);
        }
        else if (state is not null && policyCase.Terms is { Routing: PolicyRouting.Kernel, Mode: PolicyMode.Enforce })
        {
            // No slice remembers what the kernels were told: the stored state does.
            memory.Decision ??= Restoration.Remembered(state);
        }

        memory.State = state ?? PolicyState.Initial;
    }

    /// <summary>Stores the state that a decision left, as long as this process leads.</summary>
    public async Task SaveAsync(PolicyCase policyCase, PolicyState state, CancellationToken cancellationToken)
    {
        if (leadership.Term is not { } term) return;
        try
        {
            if (!await states.SaveAsync(policyCase.Identity, state, term.Number, cancellationToken)) metrics.StateRefused();
        }
        catch (StateUnavailableException)
        {
            // The state in hand is the same; the store gets the next one.
        }
    }

    private async Task<PolicyState?> LoadAsync(PolicyCase policyCase, CancellationToken cancellationToken)
    {
        try
        {
            return await states.LoadAsync(policyCase.Identity, cancellationToken);
        }
        catch (StateUnavailableException)
        {
            // Then from what is in place, as if there were no store.
            return null;
        }
    }
}
