using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Events;
using Aviator.Controller.Orders;
using Aviator.Controller.Status;
using Aviator.Core.Decisions;
using Aviator.Core.Measurement;

namespace Aviator.Controller.Boards;

/// <summary>
/// Takes in what the board and autoscalers are shown. Quick, and safe for several threads; nothing it does may hold a decision up.
/// </summary>
internal interface IBoardSink
{
    /// <summary>How a policy stands; most calls bring nothing new.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="conditions">What its conditions say.</param>
    /// <param name="summary">Its last evaluation; null while there is none to speak of.</param>
    /// <param name="source">The source of the figures.</param>
    /// <param name="kernel">What the nodes' kernels do; null where slices carry decisions out.</param>
    void Show(
        AviatorPolicy policy, PolicyConditions conditions, PolicySummary? summary, LatencySource? source, KernelStanding? kernel);

    /// <summary>What a decision that is in force (in mode Observe: would be) changed.</summary>
    void Changed(AviatorPolicy policy, DecisionChange change);

    /// <summary>A policy is gone.</summary>
    void Forget(string uid);

    /// <summary>Another term begins.</summary>
    void Clear();
}
