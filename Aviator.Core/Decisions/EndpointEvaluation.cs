using Aviator.Core.Decisions.Ranking;
using Aviator.Core.Decisions.Trials;

namespace Aviator.Core.Decisions;

/// <summary>One endpoint during one evaluation: what was observed, what is remembered, and the verdict as the stages shape it.</summary>
internal sealed class EndpointEvaluation(EndpointObservation observed, EndpointRecord record)
{
    /// <summary>What was observed.</summary>
    public EndpointObservation Observed { get; } = observed;

    /// <summary>What is remembered; the stages replace it.</summary>
    public EndpointRecord Record { get; set; } = record;

    /// <summary>The pod's UID.</summary>
    public string Key => Observed.Key;

    /// <summary>Evidence sufficient to rank by; null when there is not enough.</summary>
    public Evidence? Evidence { get; private set; }

    /// <summary>Evidence of however few samples: enough to end a trial early, not to rank by.</summary>
    public Evidence? AnyEvidence { get; private set; }

    /// <summary>Why <see cref="Evidence"/> is missing.</summary>
    public string NoEvidenceReason { get; private set; } = "";

    /// <summary>Most of its traffic is of a kind that cannot be measured.</summary>
    public bool Unmeasurable => Observed.Report == ReportFreshness.Fresh && Observed.Window.Unmeasured > Observed.Window.Latency.Count;

    /// <summary>Nothing of it can be measured, whatever its traffic is.</summary>
    public bool Hidden => Observed.Report == ReportFreshness.Fresh && Observed.Obstacle != MeasuringObstacle.None;

    /// <summary>A report is newer than the last evaluation: only then may counters move.</summary>
    public bool HasNews { get; } = observed.Report == ReportFreshness.Fresh && observed.Fresh.Duration > TimeSpan.Zero;

    /// <summary>
    /// Answers per second to be expected of it as an equal: its own rate, or the median endpoint's for its weight if that is higher. A
    /// choice by requests in flight gives it far less while it has more of them than others.
    /// </summary>
    public double ExpectedRate { get; set; }

    /// <summary>Requests wait at it and none is answered, or its probes fail and no traffic shows otherwise.</summary>
    public bool Hung => Evidence?.HungFor is not null;

    /// <summary>Hangs, and only its probes say so.</summary>
    public bool HangsByProbes => Evidence is { ByProbes: true };

    /// <summary>Out by the circuit breaker.</summary>
    public bool Ejected => Record.Breaker.Phase != BreakerPhase.Closed;

    /// <summary>Takes part and can be compared with the others that do.</summary>
    public bool Ranked => Record.Admitted && !Ejected && !OnTrial && Evidence is not null;

    /// <summary>Has the one trial that is under way.</summary>
    public bool OnTrial { get; set; }

    /// <summary>Used because of a guard, although no other stage chose it.</summary>
    public bool Forced { get; private set; }

    /// <summary>Had been measured on traffic before this evaluation.</summary>
    public bool WasMeasured { get; } = record.Measured;

    /// <summary>Had traffic until now, by choice or because of a guard.</summary>
    public bool WasInUse { get; } = record.Admitted || record.HeldInUse;

    /// <summary>Has traffic after this decision.</summary>
    public bool InUse => Record.Admitted || Forced;

    /// <summary>Its weight while it is in use, above 0 and at most 1: its share beside the others.</summary>
    public double Weight { get; set; } = 1;

    /// <summary>What <see cref="Weights.CanaryShare"/> leaves of its weight, 0 to 1 for a full share.</summary>
    public double Dilution { get; set; } = 1;

    /// <summary>The weight that it gets after all: 0 when it is out of use.</summary>
    public double Share => InUse ? Weight * Dilution : 0;

    /// <summary>Its place among the ranked ones, from 1; 0 when it was not ranked.</summary>
    public int Rank { get; set; }

    /// <summary>Slower than the mode allows, beyond error and margin.</summary>
    public bool ClearlyWorse { get; set; }

    /// <summary>Worse than the middle endpoint in a way that no queue explains (<see cref="EvaluationContext.IsWorseByNature"/>).</summary>
    public bool WorseByNature { get; set; }

    /// <summary>What shows that it has just turned slow; null when nothing does.</summary>
    public SlownessShown? TurnedSlow { get; set; }

    /// <summary>Why the verdict is what it is; empty when its state says it all.</summary>
    public string Reason { get; set; } = "";

    /// <summary>
    /// Age of its oldest request in flight, as far as that may be held against it: a request that it received before
    /// <see cref="EndpointRecord.EvidenceFrom"/> (before a trial, say) counts as waiting only since then.
    /// </summary>
    public TimeSpan WaitingTime(TimeSpan now) =>
        Observed.OldestInFlight < now - Record.EvidenceFrom ? Observed.OldestInFlight : now - Record.EvidenceFrom;

    /// <summary>Takes <paramref name="evidence"/> as what is known of it.</summary>
    /// <param name="evidence">What its window says.</param>
    /// <param name="insufficient">Why it must not be ranked by that; empty when it may.</param>
    public void SetEvidence(Evidence evidence, string insufficient = "")
    {
        (AnyEvidence, NoEvidenceReason) = (evidence, insufficient);
        if (insufficient.Length > 0) return;
        Evidence = evidence;
        if (Record.Admitted && !Record.Measured) Record = Record with { Measured = true };
    }

    /// <summary>Notes that nothing is known of it.</summary>
    /// <param name="reason">Why.</param>
    public void SetNoEvidence(string reason) => (Evidence, AnyEvidence, NoEvidenceReason) = (null, null, reason);

    /// <summary>Gives it traffic from <paramref name="now"/> on; only what is measured from then on counts.</summary>
    public void Admit(TimeSpan now, string reason)
    {
        Record = Record with { Admitted = true, Persisted = 0, Slowness = default, EvidenceFrom = now };
        Evidence = null;
        NoEvidenceReason = reason;
        Reason = reason;
    }

    /// <summary>Takes an endpoint that a guard held in use for good; what was measured of it meanwhile keeps counting.</summary>
    public void Readmit(string reason)
    {
        Record = Record with { Admitted = true, Measured = true, Persisted = 0, Exploration = default };
        Reason = reason;
    }

    /// <summary>Takes its traffic away and keeps its last verdict, which holds while it is dormant.</summary>
    public void Exclude(TimeSpan now, TimeSpan noTrialBefore, string reason)
    {
        RememberVerdict(now);
        Record = Record with
        {
            Admitted = false,
            Measured = true,
            Persisted = 0,
            Slowness = default,
            EvidenceFrom = now,
            Exploration = Record.Exploration with { NotBefore = noTrialBefore, ProbeThen = null },
        };
        Reason = reason;
    }

    /// <summary>
    /// Raises the verdict that it leaves with to what it has shown since it turned slow: its window is mostly from before.
    /// </summary>
    public void RememberSlowness(Evidence news)
    {
        if (TurnedSlow is not { } shown || Record.Verdict is not { } verdict) return;
        var (p50, p99) = (Later(Later(verdict.P50, shown.Limit), news.P50), Later(Later(verdict.P99, shown.Limit), news.P99));
        Record = Record with { Verdict = verdict with { P50 = p50, P99 = p99 } };
    }

    /// <summary>Uses it because of a guard.</summary>
    public void Force(string reason)
    {
        Forced = true;
        Reason = reason;
    }

    /// <summary>Notes what probes said first after it was taken out: later ones are compared with that.</summary>
    public void NoteProbes()
    {
        if (!Record.Admitted && Record.Exploration.ProbeThen is null && ProbeRuns.Newest(Observed.Probe) is { } run)
            Record = Record with { Exploration = Record.Exploration with { ProbeThen = run.Median } };
    }

    /// <summary>Notes its usual median: the first, and each one that is lower beyond error.</summary>
    public void NoteUsual()
    {
        if (Evidence is not { HungFor: null } evidence) return;
        if (Record.Usual is not { } usual || (evidence.P50 < usual && evidence.Upper(0.5, Comparison.Strict) < usual))
            Record = Record with { Usual = evidence.P50 };
    }

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private void RememberVerdict(TimeSpan now)
    {
        if ((Evidence ?? AnyEvidence) is { Count: > 0 } evidence)
            Record = Record with { Verdict = new Verdict(evidence.P50, evidence.P99, evidence.Count, now) };
    }
}

/// <summary>What shows that an endpoint has just turned slow.</summary>
/// <param name="Limit">What its peers take longer than for few requests.</param>
/// <param name="Slow">Requests since then that took, or have waited for, longer.</param>
/// <param name="All">All requests since then.</param>
/// <param name="Rate">Requests per second that it got since then.</param>
internal readonly record struct SlownessShown(TimeSpan Limit, long Slow, long All, double Rate);
