using Aviator.Core.Decisions.Weights;

namespace Aviator.Core.Decisions.Stages;

/// <summary>
/// Says how large a share of the traffic each endpoint in use gets, where the datapath carries weights out. It never takes an endpoint
/// in or out: that has been decided.
/// </summary>
internal sealed class WeighEndpoints : IDecisionStage
{
    /// <summary>After fail-open too: then everything has a full share.</summary>
    public bool RunsOn(ReportValidity reports) => true;

    public void Run(EvaluationContext context)
    {
        if (!context.Settings.CarriesWeights || context.Reports == ReportValidity.Lost) return;
        if (context.Reports == ReportValidity.Interrupted) Keep(context);
        else Weigh(context);
    }

    /// <summary>Without reports nothing is known that could change a share; but endpoints may be gone.</summary>
    private static void Keep(EvaluationContext context)
    {
        foreach (var endpoint in context.Endpoints) endpoint.Weight = endpoint.Record.Weight;
        var serving = context.Endpoints.Where(endpoint => endpoint.InUse && endpoint.Key != context.TriedAtStart).ToList();
        if (serving.Count > 0) new LargestShare(serving, LargestShare.Most).Keep();
    }

    private static void Weigh(EvaluationContext context)
    {
        foreach (var endpoint in context.Endpoints.Where(endpoint => endpoint.OnTrial)) WeighTrial(context, endpoint);
        var serving = context.Endpoints.Where(endpoint => endpoint is { InUse: true, OnTrial: false }).ToList();
        if (serving.Count == 0) return;
        foreach (var endpoint in serving) endpoint.Weight = WeightBefore(context, endpoint);
        var share = new LargestShare(serving, MostFor(context, serving));
        new DampedWeights(context, share).Move(serving, context.Mode.Weigh(context, serving));
        foreach (var endpoint in serving.Where(endpoint => endpoint.Record.Admitted))
            endpoint.Weight = Math.Min(endpoint.Weight, SlowStart.WeightOf(context, endpoint));
        share.Keep();
    }

    private static double MostFor(EvaluationContext context, List<EndpointEvaluation> serving) => context.Mode.SeesRoom(context, serving)
        ? LargestShare.MostWithRoom
        : Math.Min(LargestShare.Most, LoadCovers.Concentration(context, serving.Count));

    /// <summary>What the mode's weights move on from: a full share for what a trial or a slow start held down until now.</summary>
    private static double WeightBefore(EvaluationContext context, EndpointEvaluation endpoint) =>
        endpoint.WasInUse && endpoint.WasMeasured && endpoint.Key != context.TriedAtStart ? endpoint.Record.Weight : 1;

    private static void WeighTrial(EvaluationContext context, EndpointEvaluation endpoint)
    {
        double? before = endpoint.Key == context.TriedAtStart ? endpoint.Record.Weight : null;
        if (context.State.Trial is { } trial) endpoint.Weight = TrialWeight.Of(context, trial, before);
    }
}
