using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Policies;
using Aviator.Controller.Steering;
using Aviator.Core.Decisions;

namespace Aviator.Controller.Status;

/// <summary>Puts what was found into conditions. Pure.</summary>
internal static class Conditions
{
    private static readonly ConditionValue NotEvaluated = new(null, ConditionReason.NotEvaluated, "Nothing has been decided yet.");

    /// <summary>A policy that does not have its Service.</summary>
    public static PolicyConditions Rejected(ConditionValue accepted) => NotServed(accepted, null, PolicyMode.Enforce);

    /// <summary>A policy whose spec cannot be carried out.</summary>
    public static PolicyConditions NotServed(ConditionValue accepted, DatapathState? release, PolicyMode mode) => new(
        accepted,
        release is null ? new(false, ConditionReason.NotAccepted, "The Service is left as it is.") : Releasing(release),
        NotEvaluated,
        NotEvaluated,
        mode == PolicyMode.Observe);

    /// <summary>A policy that is being deleted.</summary>
    public static PolicyConditions Leaving(DatapathState release) => new(
        new(false, ConditionReason.Deleting, "The policy is being deleted."), Releasing(release), NotEvaluated, NotEvaluated);

    /// <summary>A policy at work.</summary>
    /// <param name="accepted">Why it was accepted.</param>
    /// <param name="mode">What it does with decisions.</param>
    /// <param name="datapath">Where the Service stands; null in observe mode once nothing is left to release.</param>
    /// <param name="summary">The last evaluation; null before the first.</param>
    /// <param name="storeFault">
    /// Why shared state cannot be used; null while it can. Missing measurements, which move traffic, take precedence.
    /// </param>
    public static PolicyConditions Serving(
        ConditionValue accepted, PolicyMode mode, DatapathState? datapath, PolicySummary? summary, string? storeFault = null) => new(
        accepted,
        mode == PolicyMode.Observe ? new(false, ConditionReason.Observing, "The policy only observes.") : Steering(datapath),
        Degraded(summary, storeFault),
        summary is null ? NotEvaluated : Of(summary.InsufficientTraffic),
        mode == PolicyMode.Observe);

    private static ConditionValue Degraded(PolicySummary? summary, string? storeFault)
    {
        if (summary is null) return NotEvaluated;
        if (storeFault is null || summary.Degraded.IsTrue) return Of(summary.Degraded);
        return new(
            true, ConditionReason.StateStoreUnavailable,
            $"{storeFault}. Decisions continue from memory, with reports from the agents directly.");
    }

    private static ConditionValue Of(ConditionVerdict verdict) => new(verdict.IsTrue, verdict.Reason, verdict.Message);

    private static ConditionValue Releasing(DatapathState release) => release.Denial is { } denial
        ? Denied(denial)
        : new(false, release.Phase.ToString(), Sentence(release.Message));

    private static ConditionValue Denied(string sentence, string meanwhile = "") => new(
        false, ConditionReason.WriteDenied,
        $"The API server refuses a write that is needed: {Sentence(sentence)} It is tried again after pauses that grow to 5 minutes." +
        meanwhile);

    private static ConditionValue Steering(DatapathState? state) => state switch
    {
        null => new(null, ConditionReason.NotStarted, "Steering has not begun."),
        { Denial: { } denial } => Denied(denial, KernelStatuses.Meanwhile(state.Kernel)),
        { Phase: SteeringPhase.Steered, Kernel: { SlicesCarry: true } kernel } => KernelStatuses.SteeringBesideSlices(kernel),
        { Phase: SteeringPhase.Steered, Kernel: { } kernel } => KernelStatuses.Steering(kernel),
        { Phase: SteeringPhase.Steered, Twin: { } twin } => new(
            true, ConditionReason.Shadow, $"The twin Service {twin} carries the selection; the Service itself is left alone."),
        { Phase: SteeringPhase.Steered } => new(true, ConditionReason.Steered, "Own slices carry the traffic."),
        { Phase: SteeringPhase.Contested } => new(
            false, ConditionReason.Contested,
            $"{Sentence(state.Message)}{KernelStatuses.Meanwhile(state.Kernel)} Let the tool that applies this Service leave its selector "
            + $"alone, or use spec.routing: {(state.Kernel is null ? "Shadow" : "Kernel or Shadow")}."),
        _ => new(false, state.Phase.ToString(), Sentence(state.Message) + KernelStatuses.Meanwhile(state.Kernel)),
    };

    private static string Sentence(string text)
    {
        if (text.Length == 0) return text;
        var sentence = char.ToUpperInvariant(text[0]) + text[1..];
        return sentence.EndsWith('.') ? sentence : sentence + ".";
    }
}
