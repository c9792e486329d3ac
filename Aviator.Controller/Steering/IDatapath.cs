using Aviator.Controller.Orders;
using Aviator.Core.Decisions;
using Aviator.Kubernetes;

namespace Aviator.Controller.Steering;

/// <summary>Where a Service stands after one step of the datapath.</summary>
/// <param name="Phase">The phase as seen before the step's writes.</param>
/// <param name="Message">What was done or is waited for, fit for a condition.</param>
/// <param name="Writes">Writes that the server took.</param>
/// <param name="LookAgainAfter">Call again by then, even if nothing is heard; null when only a change can matter.</param>
/// <param name="Twin">The twin that it is about; null when it is about the Service itself.</param>
internal sealed record DatapathState(SteeringPhase Phase, string Message, int Writes, TimeSpan? LookAgainAfter, string? Twin = null)
{
    /// <summary>What the server said when it refused a write that this needs; null where it takes all.</summary>
    public string? Denial { get; init; }

    /// <summary>What the nodes' kernels do; null where slices alone carry decisions out.</summary>
    public KernelStanding? Kernel { get; init; }

    /// <summary>
    /// Whether the decision carries traffic: own slices do once they are published, kernels only when one of them is seen to.
    /// </summary>
    public bool IsSteered =>
        Phase == SteeringPhase.Steered && Denial is null && Kernel is null or { IsSteered: true } or { SlicesCarry: true };

    /// <summary>
    /// Whether a decision would be in force: the slices are ready to carry it, or kernels do while the slices are not. What decides next
    /// starts from it then; a decision that nobody carries out would be one that is never revised.
    /// </summary>
    public bool TakesDecisions => Phase == SteeringPhase.Steered || Kernel is { IsSteered: true };

    /// <summary>
    /// Whether the decision that was asked for is in force. Slices that carry traffic must be seen to hold it; what they hold until then
    /// follows from no decision.
    /// </summary>
    public bool IsInPlace => Phase == SteeringPhase.Steered ? (Writes, LookAgainAfter) == (0, null) : TakesDecisions;

    /// <summary>The state after a step that the server refused.</summary>
    /// <param name="phase">The phase of the last step; null before the first.</param>
    /// <param name="sentence">What it said.</param>
    public static DatapathState Denied(SteeringPhase? phase, string sentence) =>
        new(phase ?? SteeringPhase.Publishing, "the API server refused a write", 0, null) { Denial = sentence };
}

/// <summary>
/// What carries a decision out. Every call looks at the cluster as it is, does the one next step and returns at once; the caller comes
/// again on each change of the Service, its pods or its slices, and after <see cref="DatapathState.LookAgainAfter"/>. Calls for one Service
/// must not overlap.
/// </summary>
internal interface IDatapath
{
    /// <summary>Continues to take the Service over, and keeps the selection that is published.</summary>
    /// <exception cref="ApiException">The server refused for a reason that trying again at once will not fix.</exception>
    Task<DatapathState> SteerAsync(ObjectKey service, CancellationToken cancellationToken);

    /// <summary>Continues to take the Service over and, once it is steered, carries the decision out.</summary>
    /// <inheritdoc cref="SteerAsync"/>
    Task<DatapathState> ApplyAsync(ObjectKey service, Decision decision, CancellationToken cancellationToken);

    /// <summary>Continues to hand the Service back; done when the phase is Released or Gone.</summary>
    /// <inheritdoc cref="SteerAsync"/>
    Task<DatapathState> ReleaseAsync(ObjectKey service, CancellationToken cancellationToken);

    /// <summary>This process begins to lead: waits and pauses of an earlier term mean nothing any more.</summary>
    void BeginTerm();

    /// <summary>The decision that is carried out now; every pod without a verdict is admitted.</summary>
    Decision Published(ObjectKey service);
}
