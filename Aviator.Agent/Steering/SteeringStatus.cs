using Aviator.Core.Steering;

namespace Aviator.Agent.Steering;

/// <summary>How far the last order is carried out.</summary>
/// <param name="Steering">Whether the kernel was seen to give a connect to an endpoint, and the order is not too old.</param>
/// <param name="Reason">Why not, or what is wrong all the same, in a sentence; empty when all is well.</param>
/// <param name="Services">Connects per Service of the order since the agent started.</param>
/// <param name="Steered">Connects given to an endpoint, over all Services.</param>
/// <param name="Passed">Connects that passed untouched, over all Services.</param>
/// <param name="Changes">Times that the table was given something else to hold.</param>
internal sealed record SteeringStanding(
    bool Steering, string Reason, IReadOnlyList<KernelServiceCounts> Services, long Steered, long Passed, long Changes)
{
    /// <summary>Idle connections closed, over all Services.</summary>
    public long Closed { get; init; }

    /// <summary>Why idle connections are not closed although the order asks for it, in a sentence; null when nothing is wrong.</summary>
    public string? NotClosing { get; init; }
}

/// <summary>Where the steering stands. One writer, the loop; every reader sees a whole standing.</summary>
internal sealed class SteeringStatus
{
    private volatile SteeringStanding _standing = new(false, "no order has been carried out yet", [], 0, 0, 0);

    /// <summary>The present standing.</summary>
    public SteeringStanding Standing
    {
        get => _standing;
        set => _standing = value;
    }
}
