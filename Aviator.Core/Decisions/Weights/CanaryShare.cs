namespace Aviator.Core.Decisions.Weights;

/// <summary>
/// Gives the endpoints of a canary together the share of the traffic that the policy names, and the others the rest. It comes after all
/// that is decided and remembered: how the endpoints of one version are weighed among themselves does not depend on the share.
/// </summary>
internal static class CanaryShare
{
    /// <summary>
    /// Sets <see cref="EndpointEvaluation.Dilution"/> where both versions have endpoints in use that the same clients reach.
    /// </summary>
    /// <param name="domains">All that was decided; canaries apart from the others.</param>
    public static void Apply(IReadOnlyList<EvaluationContext> domains)
    {
        if (domains[0].Settings.CanaryShare is not { } share) return;
        foreach (var reached in domains.GroupBy(domain => domain.Routing))
        {
            var versions = reached.SelectMany(domain => domain.Endpoints).Where(endpoint => endpoint.InUse)
                .ToLookup(endpoint => endpoint.Observed.Canary);
            // Where one version has none in use, nobody else is there to have its part.
            if (versions.Count == 2) Divide([.. versions[true]], [.. versions[false]], share);
        }
    }

    private static void Divide(List<EndpointEvaluation> canary, List<EndpointEvaluation> others, double share)
    {
        var (ofCanary, ofOthers) = (share / Total(canary), (1 - share) / Total(others));
        // The largest weight of all is a full share: weights are beside each other, and say nothing by themselves.
        var largest = Math.Max(ofCanary * Largest(canary), ofOthers * Largest(others));
        foreach (var endpoint in canary) endpoint.Dilution = ofCanary / largest;
        foreach (var endpoint in others) endpoint.Dilution = ofOthers / largest;
    }

    private static double Total(List<EndpointEvaluation> endpoints) => endpoints.Sum(endpoint => endpoint.Weight);

    private static double Largest(List<EndpointEvaluation> endpoints) => endpoints.Max(endpoint => endpoint.Weight);
}
