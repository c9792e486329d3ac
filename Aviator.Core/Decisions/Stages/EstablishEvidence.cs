using Aviator.Core.Decisions.Ranking;

namespace Aviator.Core.Decisions.Stages;

/// <summary>Establishes what is known of each endpoint. Only what is known can be held against it.</summary>
internal sealed class EstablishEvidence : IDecisionStage
{
    /// <summary>
    /// Answers to be expected at the mean rate before their absence says anything: with 5 expected, none comes in 0.7 % of cases.
    /// </summary>
    private const double ExpectedBeforeHung = 5;

    /// <summary>After so long without any answer a request is stuck, whatever the rate.</summary>
    public static readonly TimeSpan HungForCertain = TimeSpan.FromSeconds(10);

    public void Run(EvaluationContext context)
    {
        foreach (var endpoint in context.Endpoints)
        {
            endpoint.OnTrial = context.State.Trial?.Key == endpoint.Key && endpoint.Record.Admitted;
            endpoint.NoteProbes();
        }

        var rate = MedianRate(context.Endpoints);
        foreach (var endpoint in context.Endpoints) Establish(context, endpoint, rate);
    }

    private static void Establish(EvaluationContext context, EndpointEvaluation endpoint, double rate)
    {
        var observed = endpoint.Observed;
        if (observed.Report != ReportFreshness.Fresh)
        {
            var node = observed.Node ?? "unknown";
            endpoint.SetNoEvidence(observed.Report == ReportFreshness.Stale
                ? $"no fresh report from node {node} for {LatencyText.FormatSeconds(observed.ReportAge ?? TimeSpan.Zero)}"
                : $"no report from node {node}");
            return;
        }

        endpoint.ExpectedRate = Math.Max(Rate(observed.Window), rate);
        var waiting = endpoint.WaitingTime(context.Now);
        if (IsHung(observed, waiting, endpoint.ExpectedRate)) endpoint.SetEvidence(Evidence.Hung(observed.Window, observed.Rif, waiting));
        else endpoint.SetEvidence(Evidence.FromWindow(observed.Window, observed.Rif, waiting), FindGap(context, endpoint));
    }

    /// <summary>Why the window does not suffice to rank by; empty when it does.</summary>
    private static string FindGap(EvaluationContext context, EndpointEvaluation endpoint)
    {
        if (endpoint.Unmeasurable) return "most of its traffic cannot be measured";
        var (window, wanted) = (endpoint.Observed.Window, context.Settings.Measurement.MinSamples);
        if (window.Latency.Count >= wanted) return "";
        return window.Latency.Count == 0
            ? "no samples yet"
            : $"{window.Latency.Count} of {wanted} samples in {LatencyText.FormatSeconds(window.Duration)}";
    }

    /// <summary>
    /// Requests wait, none was answered since the last evaluation, and at the rate to be expected of it some should have been.
    /// </summary>
    private static bool IsHung(EndpointObservation observed, TimeSpan waiting, double rate)
    {
        if (observed.Rif <= 0 || waiting <= TimeSpan.Zero) return false;
        if (observed.Fresh.Duration <= TimeSpan.Zero || observed.Fresh.Latency.Count > observed.Fresh.Failures) return false;
        if (waiting >= HungForCertain) return true;
        var usual = observed.Window.Latency.Quantile(Comparison.Quantile) ?? TimeSpan.Zero;
        return waiting > usual && rate * waiting.TotalSeconds >= ExpectedBeforeHung;
    }

    /// <summary>The median endpoint's answers per second, over those that take part and whose node reports.</summary>
    private static double MedianRate(IReadOnlyList<EndpointEvaluation> endpoints)
    {
        var rates = endpoints.Where(endpoint => endpoint.Record.Admitted && endpoint.Observed.Report == ReportFreshness.Fresh)
            .Select(endpoint => Rate(endpoint.Observed.Window)).Order().ToArray();
        return rates.Length == 0 ? 0 : rates[rates.Length / 2];
    }

    private static double Rate(MeasuredWindow window) =>
        window.Duration <= TimeSpan.Zero ? 0 : window.Latency.Count / window.Duration.TotalSeconds;
}
