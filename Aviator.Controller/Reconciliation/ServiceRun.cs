using Aviator.Controller.Steering;

namespace Aviator.Controller.Reconciliation;

/// <summary>
/// What is remembered of a Service between two reconciliations. All of it can be lost: the selection is rebuilt from the slices, conditions
/// from the status, and the rest only sets the pace. Never used by two workers at once, because the queue hands out a name once.
/// </summary>
internal sealed class ServiceRun
{
    /// <summary>UID of the policy that this is about.</summary>
    public string? PolicyUid { get; private set; }

    /// <summary>What its last evaluation left.</summary>
    public EvaluationMemory Memory { get; private set; } = new();

    /// <summary>When it is evaluated next.</summary>
    public Pace Pace { get; private set; } = new();

    /// <summary>The datapath's phase at the last look; null before the first.</summary>
    public SteeringPhase? Phase { get; set; }

    /// <summary>Whether the server refuses a write that the Service needs, so that its row of failures is not over.</summary>
    public bool IsDenied { get; set; }

    /// <summary>Evaluations so far; varies the jitter.</summary>
    public ulong Evaluations { get; set; }

    /// <summary>Forgets what it knew of another policy when this one has the Service.</summary>
    public void BelongTo(string? policyUid)
    {
        if (PolicyUid != policyUid) (PolicyUid, Memory, Pace) = (policyUid, new(), new());
    }
}
