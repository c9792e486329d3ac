using Aviator.Controller.Api.V1Alpha1;

namespace Aviator.Cli.Status;

/// <summary>Which conditions are as one wishes. Pure.</summary>
internal static class ConditionJudge
{
    /// <summary>In the order in which they explain each other: what is refused is not steered, and so on.</summary>
    private static readonly string[] Order =
        [ConditionType.Accepted, ConditionType.Steering, ConditionType.Degraded, ConditionType.InsufficientTraffic, ConditionType.Ready];

    /// <summary>Whether a condition says what one wishes.</summary>
    public static bool IsWell(PolicyCondition condition) => condition.Type switch
    {
        ConditionType.Degraded or ConditionType.InsufficientTraffic => condition.Status == "False",
        ConditionType.Steering => condition.Status == "True" || condition.Reason == ConditionReason.Observing,
        _ => condition.Status == "True",
    };

    /// <summary>The first condition that is not as wished; null when all are.</summary>
    public static PolicyCondition? Worst(AviatorPolicyStatus? status) => Order
        .Select(type => status?.Condition(type)).OfType<PolicyCondition>().FirstOrDefault(condition => !IsWell(condition));

    /// <summary>A condition as people say it: "is not accepted".</summary>
    public static string Say(PolicyCondition condition) => (condition.Type, condition.Status) switch
    {
        (ConditionType.Accepted, "True") => "accepted",
        (ConditionType.Accepted, "False") => "refused",
        (ConditionType.Steering, "True") => "steered",
        (ConditionType.Steering, "False") => "not steered",
        (ConditionType.Degraded, "True") => "degraded",
        (ConditionType.Degraded, "False") => "not degraded",
        (ConditionType.InsufficientTraffic, "True") => "too little traffic",
        (ConditionType.InsufficientTraffic, "False") => "enough traffic",
        (ConditionType.Ready, "True") => "ready",
        (ConditionType.Ready, "False") => "not ready",
        var (type, _) => $"{type} not known",
    };
}
