namespace Aviator.Controller.Api.V1Alpha1;

/// <summary>The types of condition that a policy carries, in the order in which they are shown.</summary>
internal static class ConditionType
{
    /// <summary>Whether the spec can be carried out.</summary>
    public const string Accepted = "Accepted";

    /// <summary>Whether the Service is steered now.</summary>
    public const string Steering = "Steering";

    /// <summary>Whether measurements, or shared state, are missing.</summary>
    public const string Degraded = "Degraded";

    /// <summary>Whether there is too little traffic to rank by.</summary>
    public const string InsufficientTraffic = "InsufficientTraffic";

    /// <summary>The sum of the others.</summary>
    public const string Ready = "Ready";
}
