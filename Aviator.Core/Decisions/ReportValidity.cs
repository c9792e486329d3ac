namespace Aviator.Core.Decisions;

/// <summary>What the agents' reports allow.</summary>
internal enum ReportValidity
{
    /// <summary>The nodes of at least half of the endpoints report: decide.</summary>
    Sufficient,

    /// <summary>
    /// Reports are missing, but not for long enough to give the present selection up (a start, an agent's restart): keep it.
    /// </summary>
    Interrupted,

    /// <summary>No trustworthy data: use every ready endpoint.</summary>
    Lost,
}
