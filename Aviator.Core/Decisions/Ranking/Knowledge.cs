namespace Aviator.Core.Decisions;

/// <summary>Stage 2: what is known of each endpoint. Only what is known can be held against it.</summary>
internal static class Knowledge
{
    /// <summary>Samples that a mean rate must lead one to expect before their absence says anything (P(none) &lt; 0.7 %).</summary>
    private const double ExpectedBeforeHung = 5;

    /// <summary>After so long without any answer a request is stuck, whatever the rate.</summary>
    public static readonly TimeSpan HungForCertain = TimeSpan.FromSeconds(10);

    /// <summary>Fills in the evidence of every endpoint.</summary>
    public static void Establish(Context context)
    {
        var rate = RateOfOthers(context.Subjects);
        foreach (var subject in context.Subjects) Establish(context, subject, rate);
    }

    private static void Establish(Context context, Subject subject, double rate)
    {
        var seen = subject.Seen;
        if (seen.Report != ReportFreshness.Fresh)
        {
            subject.WithoutEvidence = seen.Report == ReportFreshness.Stale
                ? $"no fresh report from node {seen.Node ?? "unknown"} for {Text.Span(seen.ReportAge ?? TimeSpan.Zero)}"
                : $"no report from node {seen.Node ?? "unknown"}";
            return;
        }

        subject.ExpectedRate = Math.Max(Rate(seen.Window), rate);
        var waiting = subject.Waiting(context.Now);
        if (IsHung(seen, waiting, subject.ExpectedRate))
        {
            subject.Evidence = subject.Glimpse = Evidence.Hung(seen.Window, seen.Rif, waiting);
        }
        else
        {
            var evidence = Evidence.Of(seen.Window, seen.Rif, waiting);
            subject.Glimpse = evidence;
            if (subject.Unmeasurable)
                subject.WithoutEvidence = "most of its traffic cannot be measured";
            else if (seen.Window.Latency.Count < context.Settings.Measurement.MinSamples)
                subject.WithoutEvidence = seen.Window.Latency.Count == 0 ? "no samples yet" : $"{seen.Window.Latency.Count} of {context.Settings.Measurement.MinSamples} samples in {Text.Span(seen.Window.Duration)}";
            else
                subject.Evidence = evidence;
        }

        if (subject.Evidence is not null && subject.Record.Admitted && !subject.Record.Measured) subject.Record = subject.Record with { Measured = true };
    }

    /// <summary>Requests wait, none was answered since the last evaluation, and by the others' rate some should have been.</summary>
    private static bool IsHung(EndpointObservation seen, TimeSpan waiting, double rate)
    {
        if (seen.Rif <= 0 || waiting <= TimeSpan.Zero) return false;
        if (seen.Fresh.Duration <= TimeSpan.Zero || seen.Fresh.Latency.Count > seen.Fresh.Failures) return false;
        if (waiting >= HungForCertain) return true;
        var usual = seen.Window.Latency.Quantile(Comparison.Quantile) ?? TimeSpan.Zero;
        return waiting > usual && rate * waiting.TotalSeconds >= ExpectedBeforeHung;
    }

    private static double RateOfOthers(IReadOnlyList<Subject> subjects)
    {
        var rates = subjects.Where(subject => subject.Record.Admitted && subject.Seen.Report == ReportFreshness.Fresh)
            .Select(subject => Rate(subject.Seen.Window)).Order().ToArray();
        return rates.Length == 0 ? 0 : rates[rates.Length / 2];
    }

    private static double Rate(MeasuredWindow window) =>
        window.Duration <= TimeSpan.Zero ? 0 : window.Latency.Count / window.Duration.TotalSeconds;
}
