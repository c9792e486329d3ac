namespace Aviator.Core.Decisions;

/// <summary>The reasons that a decision gives for the conditions Degraded and InsufficientTraffic.</summary>
public static class DecisionReason
{
    /// <summary>Degraded=False: the decision rests on measurements.</summary>
    public const string Decided = "Decided";

    /// <summary>Degraded=True: reports are missing, but not for long; the present selection is kept.</summary>
    public const string WaitingForReports = "WaitingForReports";

    /// <summary>Degraded=True: reports have been missing for too long; every ready endpoint is used.</summary>
    public const string NoFreshReports = "NoFreshReports";

    /// <summary>Degraded=True: too many are ejected or above the limit for more to leave, or the load needs ejected ones.</summary>
    public const string Panic = "Panic";

    /// <summary>Degraded=True: too few endpoints are good enough; some of the others are used.</summary>
    public const string MinEndpoints = "MinEndpoints";

    /// <summary>InsufficientTraffic=False: most endpoints in service can be ranked.</summary>
    public const string EnoughSamples = "EnoughSamples";

    /// <summary>InsufficientTraffic=True: most endpoints in service have too little traffic to be ranked.</summary>
    public const string TooFewSamples = "TooFewSamples";

    /// <summary>InsufficientTraffic=True: most traffic is of a kind that cannot be measured.</summary>
    public const string Unmeasurable = "Unmeasurable";

    /// <summary>InsufficientTraffic=False: most nodes do not report, so the amount of traffic is not known.</summary>
    public const string NotKnown = "NotKnown";
}
