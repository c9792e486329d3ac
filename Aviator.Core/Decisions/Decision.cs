namespace Aviator.Core.Decisions;

/// <summary>What is known of an endpoint, and what the decision made of it.</summary>
public enum EndpointState
{
    /// <summary>Never measured; takes part.</summary>
    New,

    /// <summary>Measured on traffic and selected.</summary>
    Selected,

    /// <summary>Measured, and not among the best.</summary>
    Unselected,

    /// <summary>Out by the circuit breaker (Open).</summary>
    Ejected,

    /// <summary>Taking a short trial with traffic (HalfOpen, or a Dormant endpoint after good probes).</summary>
    Trial,

    /// <summary>Measured once, without traffic since; its last verdict holds.</summary>
    Dormant,
}

/// <summary>The verdict on one endpoint.</summary>
/// <param name="Key">The pod's UID: an IP address is reused, a UID is not.</param>
/// <param name="Weight">Share of traffic: 0 is out, 1 a full share.</param>
/// <param name="State">State after the decision.</param>
/// <param name="Reason">Why, in a form fit for status, Events and logs: "selected: rank 2 of 6".</param>
public sealed record EndpointDecision(string Key, double Weight, EndpointState State, string Reason)
{
    /// <summary>Its circuit breaker, for the datapath to keep where it keeps the decision.</summary>
    public BreakerMark Breaker { get; init; }

    /// <summary>Whether it is of the policy's canary, for a datapath that gives either version just its share.</summary>
    public bool Canary { get; init; }
}

/// <summary>One evaluation's outcome: a verdict for every ready endpoint, by key.</summary>
/// <param name="Endpoints">The verdicts, one for each ready endpoint, by key.</param>
public sealed record Decision(IReadOnlyDictionary<string, EndpointDecision> Endpoints)
{
    /// <summary>Whether traffic may go to the endpoint; one that the decision does not know (it came after) may.</summary>
    public bool Admits(string key) => WeightOf(key) > 0;

    /// <summary>The endpoint's weight, 0 to 1; that of one that the decision does not know is 1.</summary>
    public double WeightOf(string key) => Endpoints.TryGetValue(key, out var verdict) ? verdict.Weight : 1;

    /// <summary>Whether the endpoint is of the policy's canary; one that the decision does not know is not.</summary>
    public bool IsCanary(string key) => Endpoints.TryGetValue(key, out var verdict) && verdict.Canary;
}
