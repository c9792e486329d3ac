namespace Aviator.Core.Decisions;

/// <summary>One endpoint in the course of one evaluation: what was seen, what was remembered, and the verdict as the stages shape it.</summary>
internal sealed class Subject(EndpointObservation seen, EndpointRecord before)
{
    /// <summary>What was observed.</summary>
    public EndpointObservation Seen { get; } = seen;

    /// <summary>What is remembered; the stages replace it.</summary>
    public EndpointRecord Record { get; set; } = before;

    /// <summary>The pod's UID.</summary>
    public string Key => Seen.Key;

    /// <summary>Evidence enough to rank by; null when there is not.</summary>
    public Evidence? Evidence { get; set; }

    /// <summary>Why there is no evidence.</summary>
    public string WithoutEvidence { get; set; } = "";

    /// <summary>Most of its traffic is of a kind that cannot be measured.</summary>
    public bool Unmeasurable => Seen.Report == ReportFreshness.Fresh && Seen.Window.Unmeasured > Seen.Window.Latency.Count;

    /// <summary>Evidence of however few samples: ends a trial early.</summary>
    public Evidence? Glimpse { get; set; }

    /// <summary>A report that is newer than the last evaluation: only then may counters move.</summary>
    public bool HasNews => Seen.Report == ReportFreshness.Fresh && Seen.Fresh.Duration > TimeSpan.Zero;

    /// <summary>
    /// Age of its oldest request in flight, as far as it may be held against it: what it was given before the time that evidence counts from
    /// (before a trial, say) has waited since then at least.
    /// </summary>
    public TimeSpan Waiting(TimeSpan now) => Seen.OldestInFlight < now - Record.EvidenceFrom ? Seen.OldestInFlight : now - Record.EvidenceFrom;

    /// <summary>Answers per second to be expected of it: its own rate, or the median endpoint's where that is higher.</summary>
    public double ExpectedRate { get; set; }

    /// <summary>Out by the circuit breaker.</summary>
    public bool Ejected => Record.Breaker.Phase != BreakerPhase.Closed;

    /// <summary>Has the one trial under way.</summary>
    public bool OnTrial { get; set; }

    /// <summary>Added by a guard although no stage chose it.</summary>
    public bool Forced { get; set; }

    /// <summary>Its place among the ranked ones, from 1; 0 when it is not ranked.</summary>
    public int Rank { get; set; }

    /// <summary>Slower than the boundary beyond error and margin.</summary>
    public bool ClearlyWorse { get; set; }

    /// <summary>Why the verdict is what it is.</summary>
    public string Reason { get; set; } = "";

    /// <summary>Takes part and can be compared with the others that do.</summary>
    public bool Ranked => Record.Admitted && !Ejected && !OnTrial && Evidence is not null;

    /// <summary>Gives it traffic from <paramref name="now"/> on; only what is measured from then on counts.</summary>
    public void Admit(TimeSpan now, string reason)
    {
        Record = Record with { Admitted = true, Persisted = 0, EvidenceFrom = now };
        Evidence = null;
        WithoutEvidence = reason;
        Reason = reason;
    }

    /// <summary>Takes it out, and remembers why: its verdict holds while it is dormant.</summary>
    public void Exclude(TimeSpan now, TimeSpan noTrialBefore, string reason)
    {
        Remember(now);
        Record = Record with
        {
            Admitted = false,
            Measured = true,
            Persisted = 0,
            EvidenceFrom = now,
            Exploration = Record.Exploration with { NotBefore = noTrialBefore, ProbeThen = null },
        };
        Reason = reason;
    }

    /// <summary>Notes what probes said first after the endpoint was taken out: later ones are measured against it.</summary>
    public void NoteProbes()
    {
        if (!Record.Admitted && Record.Exploration.ProbeThen is null && Probes.Newest(Seen.Probe) is { } run)
            Record = Record with { Exploration = Record.Exploration with { ProbeThen = run.Median } };
    }

    /// <summary>Notes its usual median: the first, and each one that is lower beyond error.</summary>
    public void NoteUsual()
    {
        if (Evidence is { HungFor: null } said && (Record.Usual is not { } usual || said.Upper(0.5, Comparison.Strict) < usual)) Record = Record with { Usual = said.P50 };
    }

    /// <summary>Keeps what the present evidence says as the last verdict.</summary>
    public void Remember(TimeSpan now)
    {
        if ((Evidence ?? Glimpse) is { Count: > 0 } said)
            Record = Record with { Verdict = new Verdict(said.P50, said.P99, said.Count, now) };
    }
}
