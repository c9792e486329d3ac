namespace Aviator.Core.Decisions.Weights;

/// <summary>
/// Keeps weights from driving the load to a few endpoints: the largest share is at most <see cref="Most"/> times what equal shares were,
/// and no more than the load allows (<see cref="LoadCovers.Concentration"/>).
/// </summary>
/// <param name="serving">The endpoints in use; without one on trial, which may turn out bad.</param>
/// <param name="most">How many times an equal share one of them may get, at least 1.</param>
internal sealed class LargestShare(IReadOnlyList<EndpointEvaluation> serving, double most)
{
    /// <summary>
    /// The most for any load. Where requests are few it is a bound on what a wrong measurement can do: half as much again on an endpoint
    /// is what it meets anyway when one of three leaves.
    /// </summary>
    public const double Most = 1.5;

    /// <summary>
    /// The most where it is seen that there is room: accelerators differ by more than that, and what gets too much shows it at once.
    /// </summary>
    public const double MostWithRoom = 2;

    /// <summary>
    /// A share falls only as far as a part of the bound allows: a bound that follows the load and moves a little must not raise again
    /// what has just fallen.
    /// </summary>
    private const double PartForFalls = 0.8;

    /// <summary>Whether an endpoint's weight may fall by <paramref name="amount"/>.</summary>
    public bool LeavesRoomFor(double amount) => Total() - amount >= LeastTotal(Largest(), 1 + ((most - 1) * PartForFalls));

    /// <summary>Raises the smallest weights, a step each, until the bound is kept.</summary>
    public void Keep()
    {
        var (total, largest) = (Total(), Largest());
        for (var step = 0; step < WeightSteps.Count; step++)
        {
            foreach (var endpoint in serving.Where(endpoint => endpoint.Weight <= WeightSteps.At(step)))
            {
                if (total >= LeastTotal(largest, most)) return;
                var raised = WeightSteps.Above(endpoint.Weight);
                (total, largest) = (total + raised - endpoint.Weight, Math.Max(largest, raised));
                endpoint.Weight = raised;
            }
        }
    }

    private double Total() => serving.Sum(endpoint => endpoint.Weight);

    private double Largest() => serving.Max(endpoint => endpoint.Weight);

    /// <summary>The total of all weights at which the largest share is so many times an equal one.</summary>
    private double LeastTotal(double largest, double times) => largest * serving.Count / times;
}
