namespace Aviator.Core.Decisions.Weights;

/// <summary>
/// The weight of an endpoint that has just come: a cold one (caches, just-in-time compilation, connection pools) that gets a full share
/// at once makes that share of the answers slow. Its share grows with time alone, so a quiet Service starves nobody.
/// </summary>
internal static class SlowStart
{
    /// <summary>The longest, whatever the interval: then even a Service that is evaluated every ten minutes has its new pods.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    /// <summary>
    /// One step larger with each evaluation, and a full share after <see cref="WeightSteps.Count"/> of them, after <see cref="Longest"/>,
    /// or once it is measured and not clearly worse than the mode allows. What is there at the very first evaluation has not just come.
    /// </summary>
    public static double WeightOf(EvaluationContext context, EndpointEvaluation endpoint)
    {
        var (record, lasts) = (endpoint.Record, context.Settings.EvaluationInterval * WeightSteps.Count);
        if (lasts > Longest) lasts = Longest;
        var age = context.Now - record.EvidenceFrom;
        if (record.EvidenceFrom == TimeSpan.Zero || age >= lasts) return 1;
        if (!record.Measured) return WeightSteps.At((int)(WeightSteps.Count * (age / lasts)));
        return endpoint.ClearlyWorse && endpoint.Key != context.TriedAtStart ? record.Weight : 1;
    }
}
