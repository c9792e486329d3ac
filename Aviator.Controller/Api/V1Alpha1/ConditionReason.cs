using Aviator.Core.Decisions;

namespace Aviator.Controller.Api.V1Alpha1;

/// <summary>
/// The reasons of conditions that the controller itself gives. The condition <c>Steering</c> also takes the names of
/// <see cref="Controller.Steering.SteeringPhase"/>; <c>Degraded</c> and <c>InsufficientTraffic</c> take those of the decision,
/// <see cref="DecisionReason"/>. docs/operations/runbook.md explains each; a test demands it.
/// </summary>
internal static class ConditionReason
{
    // Accepted: True.
    public const string Accepted = "Accepted";

    // Accepted: False, because of the policy.
    public const string InvalidSpec = "InvalidSpec";
    public const string Conflict = "Conflict";
    public const string ProbeConflict = "ProbeConflict";
    public const string Deleting = "Deleting";

    // Accepted: False, because of the Service.
    public const string ServiceNotFound = "ServiceNotFound";
    public const string PortNotFound = "PortNotFound";
    public const string TwinNameTaken = "TwinNameTaken";
    public const string ReaderFound = "ReaderFound";
    public const string ExternalName = "ExternalName";
    public const string Headless = "Headless";
    public const string IsTwin = "IsTwin";
    public const string NoSelector = "NoSelector";
    public const string PublishNotReadyAddresses = "PublishNotReadyAddresses";
    public const string UnknownTopology = "UnknownTopology";
    public const string NoTcpPort = "NoTcpPort";
    public const string NoClusterIP = "NoClusterIP";
    public const string SessionAffinity = "SessionAffinity";
    public const string OtherServiceProxy = "OtherServiceProxy";

    // Steering.
    public const string Steered = "Steered";
    public const string Shadow = "Shadow";
    public const string Kernel = "Kernel";
    public const string KernelAndService = "KernelAndService";
    public const string NoNodeSteers = "NoNodeSteers";
    public const string WaitingForNodes = "WaitingForNodes";
    public const string Contested = "Contested";
    public const string WriteDenied = "WriteDenied";
    public const string NotStarted = "NotStarted";
    public const string NotAccepted = "NotAccepted";
    public const string NoController = "NoController";
    public const string HandedBack = "HandedBack";

    // Steering: False, and Ready: True, of a policy that only observes.
    public const string Observing = "Observing";

    // Degraded, InsufficientTraffic: Unknown.
    public const string NotEvaluated = "NotEvaluated";

    // Degraded: True.
    public const string StateStoreUnavailable = "StateStoreUnavailable";

    // Ready: True.
    public const string Steering = "Steering";
}
