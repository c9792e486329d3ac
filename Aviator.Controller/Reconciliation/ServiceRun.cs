using Aviator.Controller.Kubernetes.Steering;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;

namespace Aviator.Controller.Reconciliation;

/// <summary>
/// What is remembered of a Service between two reconciliations. All of it can be lost: the selection is rebuilt from the slices, conditions from
/// the status, and the rest only paces. Never used by two workers at once, because the queue hands out a name once.
/// </summary>
internal sealed class ServiceRun
{
    /// <summary>UID of the policy that this is about.</summary>
    public string? PolicyUid { get; private set; }

    /// <summary>Generation of its spec at the last evaluation.</summary>
    public long Generation { get; set; }

    /// <summary>What the next decision goes on from; moves only after the decision was written.</summary>
    public PolicyState? State { get; set; }

    /// <summary>The decision that was written last and seen in place.</summary>
    public Decision? Decision { get; set; }

    /// <summary>An evaluation whose decision is being written; it becomes the state once it is seen in place.</summary>
    public Evaluation? Pending { get; set; }

    /// <summary>What the last evaluation had to say.</summary>
    public PolicySummary? Summary { get; set; }

    /// <summary>The source of its numbers.</summary>
    public LatencySource? Source { get; set; }

    /// <summary>The ready endpoints that it knew, as one text.</summary>
    public string Members { get; set; } = "";

    /// <summary>Monotonic time of the next evaluation.</summary>
    public TimeSpan NextDue { get; set; }

    /// <summary>Until then a selection found in place is kept as it is, because the windows are still filling.</summary>
    public TimeSpan? WarmingUntil { get; set; }

    /// <summary>The datapath's phase at the last look; null before the first.</summary>
    public SteeringPhase? Phase { get; set; }

    /// <summary>Evaluations so far; varies the jitter.</summary>
    public ulong Evaluations { get; set; }

    /// <summary>Starts anew when another policy has the Service.</summary>
    public void BelongTo(string? policyUid)
    {
        if (PolicyUid == policyUid) return;
        (PolicyUid, Generation, State, Decision, Pending, Summary, Source) = (policyUid, 0, null, null, null, null, null);
        (Members, NextDue, WarmingUntil) = ("", TimeSpan.Zero, null);
    }
}
