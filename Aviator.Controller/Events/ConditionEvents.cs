using Aviator.Controller.Api.V1Alpha1;
using Aviator.Core.Decisions;
using Aviator.Kubernetes;

namespace Aviator.Controller.Events;

/// <summary>Turns changes of conditions into Events. Pure.</summary>
internal static class ConditionEvents
{
    /// <summary>The Events that report how <paramref name="after"/> differs from <paramref name="before"/>.</summary>
    public static IEnumerable<EventNote> Of(AviatorPolicy policy, AviatorPolicyStatus? before, AviatorPolicyStatus after)
    {
        var target = Target(policy);
        // A policy that is being deleted is not refused: its end is reported when the Service was handed back.
        if (Became(ConditionType.Accepted, before, after) is { Status: "False", Reason: not ConditionReason.Deleting } refused)
            yield return new(target, EventReason.Refused, refused.Message, Warning: true);
        switch (Became(ConditionType.Steering, before, after))
        {
            case { Status: "True" } steered:
                yield return new(target, EventReason.Steered, steered.Message);
                break;
            case { Reason: ConditionReason.Contested } contested:
                yield return new(target, EventReason.Contested, contested.Message, Warning: true);
                break;
        }

        switch (Became(ConditionType.Degraded, before, after))
        {
            case { Reason: DecisionReason.WaitingForReports } when before?.Condition(ConditionType.Degraded)?.Status is null or "Unknown":
                break; // Nobody can have reported yet. If it stays so the reason becomes another, and that is an Event.
            case { Status: "True" } degraded:
                yield return new(target, EventReason.Degraded, degraded.Message, Warning: true);
                break;
            case { Status: "False" } recovered when before?.Condition(ConditionType.Degraded)?.Status == "True":
                yield return new(target, EventReason.Recovered, recovered.Message);
                break;
        }
    }

    /// <summary>The policy as the target of an Event.</summary>
    public static EventTarget Target(AviatorPolicy policy) =>
        new(AviatorNames.ApiVersion, AviatorNames.Kind, policy.Metadata.NamespaceProperty, policy.Metadata.Name, policy.Metadata.Uid);

    private static PolicyCondition? Became(string type, AviatorPolicyStatus? before, AviatorPolicyStatus after)
    {
        var (old, now) = (before?.Condition(type), after.Condition(type));
        return now is not null && (old?.Status != now.Status || old.Reason != now.Reason) ? now : null;
    }
}
