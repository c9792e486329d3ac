using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Telemetry;

namespace Aviator.Controller.Status;

/// <summary>One condition as it should be, before it is known when it changed.</summary>
/// <param name="Holds">True, False, or null for Unknown.</param>
/// <param name="Reason">Why, as one word in camel case.</param>
/// <param name="Message">Why, in a sentence.</param>
internal readonly record struct ConditionValue(bool? Holds, string Reason, string Message)
{
    /// <summary>The API's word for <see cref="Holds"/>.</summary>
    public string Status => Holds switch { true => "True", false => "False", null => "Unknown" };
}

/// <summary>What a policy's conditions should say. <c>Ready</c> is not set but follows from the others.</summary>
/// <param name="Accepted">Whether the spec can be carried out.</param>
/// <param name="Steering">Whether the Service is steered now.</param>
/// <param name="Degraded">Whether measurements are missing.</param>
/// <param name="InsufficientTraffic">Whether there is too little traffic to rank.</param>
/// <param name="Observe">Whether the policy only watches, so that not steering is what it asks for.</param>
internal sealed record PolicyConditions(
    ConditionValue Accepted, ConditionValue Steering, ConditionValue Degraded, ConditionValue InsufficientTraffic, bool Observe = false)
{
    private const int MaxMessage = 1024;

    /// <summary>
    /// The sum: accepted, doing what the mode asks for, on measurements that can be trusted. Too little traffic is no fault.
    /// </summary>
    public ConditionValue Ready => this switch
    {
        { Accepted.Holds: not true } => Accepted with { Holds = Accepted.Holds is null ? null : false },
        { Observe: false, Steering.Holds: not true } => Steering with { Holds = Steering.Holds is null ? null : false },
        { Degraded.Holds: true } => Degraded with { Holds = false },
        { Observe: true } => new(true, ConditionReason.Observing, "Decides and reports; the Service is left alone."),
        _ => new(true, ConditionReason.Steering, "The Service is steered by measured latency."),
    };

    /// <summary>The reasons, for the metrics.</summary>
    public PolicyReasons Reasons => new(Accepted.Reason, Steering.Reason, Degraded.Reason, InsufficientTraffic.Reason);

    /// <summary>The list for the status. A condition keeps its time of transition for as long as its status stays the same.</summary>
    /// <param name="previous">The conditions as last written.</param>
    /// <param name="generation">The spec's generation that was evaluated.</param>
    /// <param name="now">The time of a transition; cut to seconds, the resolution of the API.</param>
    public IReadOnlyList<PolicyCondition> ToList(IReadOnlyList<PolicyCondition> previous, long generation, DateTimeOffset now)
    {
        var second = new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
        return
        [
            One(ConditionType.Accepted, Accepted), One(ConditionType.Steering, Steering), One(ConditionType.Degraded, Degraded),
            One(ConditionType.InsufficientTraffic, InsufficientTraffic), One(ConditionType.Ready, Ready),
        ];

        PolicyCondition One(string type, ConditionValue value)
        {
            var before = previous.FirstOrDefault(condition => condition.Type == type);
            return new()
            {
                Type = type,
                Status = value.Status,
                Reason = value.Reason,
                Message = Cut(value.Message.Length == 0 ? value.Reason : value.Message),
                ObservedGeneration = generation,
                LastTransitionTime = before?.Status == value.Status ? before.LastTransitionTime : second,
            };
        }
    }

    private static string Cut(string message) => message.Length <= MaxMessage ? message : message[..(MaxMessage - 1)] + "…";
}
