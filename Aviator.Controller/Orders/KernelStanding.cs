using Aviator.Controller.Api.V1Alpha1;

namespace Aviator.Controller.Orders;

/// <summary>What the nodes' kernels do with a Service, by their agents' last answers.</summary>
/// <param name="Steering">Nodes that give its connections to endpoints.</param>
/// <param name="Waiting">Nodes that were not heard of yet in this term.</param>
/// <param name="Passing">Nodes that leave its connections to kube-proxy, by name, with the reason.</param>
/// <param name="SteeredShare">Share (0 to 1) of its connections that were given to an endpoint; null without connections.</param>
internal sealed record KernelStanding(int Steering, int Waiting, IReadOnlyList<PassingNode> Passing, double? SteeredShare)
{
    /// <summary>Nodes that leave idle connections open although the policy wants them closed, by name, with the reason.</summary>
    public IReadOnlyList<PassingNode> Keeping { get; init; } = [];

    /// <summary>Whether own slices carry the selection for what no kernel gives (routing KernelAndService).</summary>
    public bool SlicesCarry { get; init; }

    /// <summary>Whether at least one node is known to do what the policy asks for.</summary>
    public bool IsSteered => Steering > 0;

    /// <summary>Whether the nodes stand as in another, whatever went through them since.</summary>
    public bool IsSame(KernelStanding? other) =>
        other is not null && Steering == other.Steering && Waiting == other.Waiting && Passing.SequenceEqual(other.Passing)
        && Keeping.SequenceEqual(other.Keeping) && SlicesCarry == other.SlicesCarry;
}
