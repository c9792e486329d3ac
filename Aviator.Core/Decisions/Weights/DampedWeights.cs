namespace Aviator.Core.Decisions.Weights;

/// <summary>
/// Moves the weights of endpoints in use towards what the mode wants, without following chance: a weight moves by one step at a time, and
/// only when what is wanted lies a whole step away. A smaller one must be wanted for as long as it takes to leave, and until the last
/// change shows and the dampening is over; a larger one is given at the next evaluation, for what brings capacity back need not wait.
/// </summary>
/// <param name="context">The evaluation.</param>
/// <param name="share">How far weights may differ.</param>
internal sealed class DampedWeights(EvaluationContext context, LargestShare share)
{
    private readonly Patience _patience = new(context);

    private readonly int _settled = EvaluationsToFall(context);

    /// <summary>
    /// For how many evaluations in a row a smaller weight must be wanted at least: until a change shows in the windows, and then those of
    /// the dampening.
    /// </summary>
    public static int EvaluationsToFall(EvaluationContext context) =>
        (int)Math.Ceiling(context.Settle / context.Settings.EvaluationInterval) + context.Persistence;

    /// <summary>Takes the step that is due for each of <paramref name="serving"/>, those that want least first.</summary>
    /// <param name="serving">The endpoints; their weights are as they were.</param>
    /// <param name="wanted">What is wanted for each.</param>
    public void Move(IReadOnlyList<EndpointEvaluation> serving, IReadOnlyList<double> wanted)
    {
        foreach (var (endpoint, weight) in serving.Zip(wanted).Where(pair => pair.First.HasNews).OrderBy(pair => pair.Second))
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
        else if (less >= Math.Max(_patience.With(endpoint), _settled) && share.LeavesRoomFor(endpoint.Weight - below))
        {
            (endpoint.Weight, less) = (below, 0);
        }

        if (less != endpoint.Record.WantedLess) endpoint.Record = endpoint.Record with { WantedLess = less };
    }
}
