namespace Aviator.Core.Decisions.Weights;

/// <summary>
/// Moves the weights of endpoints in use towards what the mode wants, without following chance: a weight moves by one step at a time, and
/// only when what is wanted lies a whole step away. A smaller one must be wanted for as many evaluations as it takes to leave, and until
/// the last change shows; a larger one is given at the next evaluation, for what brings capacity back need not wait.
/// </summary>
/// <param name="context">The evaluation.</param>
/// <param name="share">How far weights may differ.</param>
internal sealed class DampedWeights(EvaluationContext context, LargestShare share)
{
    private readonly Patience _patience = new(context);

    /// <summary>Evaluations until a change shows in the windows.</summary>
    private readonly int _settle = (int)Math.Ceiling(context.Settle / context.Settings.EvaluationInterval);

    /// <summary>Takes the step that is due for each of <paramref name="serving"/>, those that want least first.</summary>
    /// <param name="serving">The endpoints; their weights are as they were.</param>
    /// <param name="wanted">What is wanted for each.</param>
    public void Move(IReadOnlyList<EndpointEvaluation> serving, IReadOnlyList<double> wanted)
    {
        var leaves = share.Leaves(wanted);
        foreach (var (endpoint, weight) in serving.Zip(wanted, (endpoint, weight) => (endpoint, 1 - ((1 - weight) * leaves)))
            .Where(pair => pair.endpoint.HasNews).OrderBy(pair => pair.Item2))
            Move(endpoint, weight);
    }

    private void Move(EndpointEvaluation endpoint, double wanted)
    {
        var (above, below) = (WeightSteps.Above(endpoint.Weight), WeightSteps.Below(endpoint.Weight));
        var less = wanted <= below && below < endpoint.Weight ? endpoint.Record.WantedLess + 1 : 0;
        if (wanted >= above)
        {
            endpoint.Weight = above;
        }
        else if (less >= Math.Max(_patience.With(endpoint), _settle) && share.LeavesRoomFor(endpoint.Weight - below))
        {
            (endpoint.Weight, less) = (below, 0);
        }

        if (less != endpoint.Record.WantedLess) endpoint.Record = endpoint.Record with { WantedLess = less };
    }
}
