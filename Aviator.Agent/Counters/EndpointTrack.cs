using Aviator.Agent.Bpf;
using Aviator.Agent.Interest;
using Aviator.Core.Measurement;

namespace Aviator.Agent.Counters;

/// <summary>What the ledger keeps of one endpoint. Owned and locked by <see cref="TrafficLedger"/>.</summary>
internal sealed class EndpointTrack(EndpointInterest interest, CounterChain chain, RecentWindow recent, TimeSpan now)
{
    /// <summary>The endpoint as last planned.</summary>
    public EndpointInterest Interest { get; set; } = interest;

    /// <summary>Its counters, from zero.</summary>
    public CounterChain Chain { get; } = chain;

    /// <summary>Its last seconds.</summary>
    public RecentWindow Recent { get; } = recent;

    /// <summary>The kernel's row read last; null when it has none.</summary>
    public KernelEndpointCounters? Row { get; set; }

    /// <summary>When it was first planned, on the ledger's clock.</summary>
    public TimeSpan Since { get; } = now;

    /// <summary>When a request was last seen, or it was first planned.</summary>
    public TimeSpan LastRequest { get; set; } = now;
}

/// <summary>One endpoint's traffic at the last read.</summary>
/// <param name="Interest">The endpoint.</param>
/// <param name="Total">Its counters since it is known.</param>
/// <param name="Rif">Requests in flight.</param>
/// <param name="AnswersUnderWay">Of these, those whose answer has begun and is not over.</param>
/// <param name="OldestInFlight">Age of the oldest of them without an answer.</param>
/// <param name="NetworkRtt">Smoothed round-trip time of its connections.</param>
/// <param name="Recent">The last seconds.</param>
internal sealed record TrafficState(
    EndpointInterest Interest, EndpointCounters Total, long Rif, long AnswersUnderWay, TimeSpan OldestInFlight, TimeSpan? NetworkRtt,
    WindowSummary Recent);

/// <summary>What one read of the kernel's counters brought, over all endpoints.</summary>
/// <param name="Requests">Requests seen.</param>
/// <param name="ServerErrors">Answers with status 5xx.</param>
/// <param name="Unanswered">Requests whose connection ended without an answer.</param>
/// <param name="Unmeasured">Exchanges that could not be measured.</param>
/// <param name="Restarts">Endpoints whose counters had gone down.</param>
/// <param name="Rif">Requests in flight now.</param>
/// <param name="Abandoned">Requests that their clients gave up.</param>
/// <param name="Statuses">Answers by their status' class, without 5xx.</param>
/// <param name="WithoutStatus">Answers whose status is out of sight.</param>
internal readonly record struct ReadTotals(
    long Requests, long ServerErrors, long Unanswered, long Unmeasured, int Restarts, long Rif, long Abandoned, StatusCounts Statuses,
    long WithoutStatus);
