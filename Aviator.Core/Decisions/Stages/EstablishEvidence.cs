using Aviator.Core.Decisions.Ranking;

namespace Aviator.Core.Decisions.Stages;

/// <summary>Establishes what is known of each endpoint. Only what is known can be held against it.</summary>
internal sealed class EstablishEvidence : IDecisionStage
{
    /// <summary>
    /// Answers to be expected at the mean rate before their absence says anything: with 5 expected, none comes in 0.7 % of cases.
    /// </summary>
    private const double ExpectedBeforeHung = 5;

    /// <summary>The same where requests are known to take as long: with 10 expected, none comes in 0.005 % of cases.</summary>
    private const double ExpectedDespiteLongAnswers = 10;

    /// <summary>
    /// Probability with which all that came to a silent endpoint may be long requests. Three in a row where 0.4 % are have about that: at
    /// 100 requests a second they come once in two days, and then the next one is answered, unless it is long as well or there is none.
    /// </summary>
    private const double AllMayBeLong = 1e-7;

    /// <summary>Longer than the longest answer by this factor is no long answer.</summary>
    private const double BeyondLongest = 2;

    /// <summary>
    /// After so long without any answer a request is stuck, whatever the rate, unless answers here are known to take as long.
    /// </summary>
    public static readonly TimeSpan HungForCertain = TimeSpan.FromSeconds(10);

    public void Run(EvaluationContext context)
    {
        foreach (var endpoint in context.Endpoints)
        {
            endpoint.OnTrial = context.State.Trial?.Key == endpoint.Key && endpoint.Record.Admitted;
            endpoint.NoteProbes();
        }

        Remember(context);
        context.Common = CommonOutcomes.Of(FindTelling(context));

        context.UsualRate = MedianRate(context.Endpoints);
        foreach (var endpoint in context.Endpoints) Establish(context, endpoint);
    }

    private static void Establish(EvaluationContext context, EndpointEvaluation endpoint)
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

        endpoint.ExpectedRate = Math.Max(observed.Window.Rate, context.UsualRate * endpoint.Record.Weight);
        var waiting = endpoint.WaitingTime(context.Now);
        var silent = ProbeSilence.IsSilent(context, endpoint);
        NoteSilence(context, endpoint, silent);
        if (silent && endpoint.Record.SilentSince is { } since)
            endpoint.SetEvidence(Evidence.SilentToProbes(observed.Window, context.Now - since));
        else if (IsHung(context, endpoint, waiting)) endpoint.SetEvidence(Evidence.Hung(observed.Window, observed.Waiting, waiting));
        else endpoint.SetEvidence(Evidence.FromWindow(observed.Window, observed.Waiting, waiting, context.Common),
            FindGap(context, endpoint));
    }

    /// <summary>Why the window does not suffice to rank by; empty when it does.</summary>
    private static string FindGap(EvaluationContext context, EndpointEvaluation endpoint)
    {
        if (endpoint.Hidden) return ObstacleText.Explain(endpoint.Observed.Obstacle);
        if (endpoint.Unmeasurable) return "most of its traffic cannot be measured";
        var (window, wanted) = (endpoint.Observed.Window, context.Settings.Measurement.MinSamples);
        if (window.Latency.Count >= wanted) return "";
        return window.Latency.Count == 0
            ? "no samples yet"
            : $"{window.Latency.Count} of {wanted} samples in {LatencyText.FormatSeconds(window.Duration)}";
    }

    /// <summary>
    /// Requests wait, none was answered since the last evaluation, and at the rate to be expected of an equal some should have been. Where
    /// exports or long polls take as long as a request has waited, its age says nothing, only the silence does. And a silence says nothing
    /// but of the requests that came in it: an endpoint that holds three exports gets none where the choice is by requests in flight.
    /// </summary>
    private static bool IsHung(EvaluationContext context, EndpointEvaluation endpoint, TimeSpan waiting)
    {
        var observed = endpoint.Observed;
        if (observed.Waiting <= 0 || waiting <= TimeSpan.Zero) return false;
        if (observed.Fresh.Duration <= TimeSpan.Zero || observed.Fresh.HasAnswers) return false;
        var silent = context.Now - (endpoint.Record.SilentSince ?? context.Now);
        var mayBeLong = waiting < context.State.LongestAnswer * BeyondLongest || waiting < context.LongAnswers.Waiting * BeyondLongest;
        if (!mayBeLong && waiting >= HungForCertain) return true;
        var usual = observed.Window.Latency.Quantile(Comparison.Quantile) ?? TimeSpan.Zero;
        var shouldHaveAnswered = mayBeLong
            ? endpoint.ExpectedRate * silent.TotalSeconds >= ExpectedDespiteLongAnswers
            : waiting > usual && endpoint.ExpectedRate * waiting.TotalSeconds >= ExpectedBeforeHung;
        return shouldHaveAnswered && context.LongAnswers.Chance(endpoint, silent) < AllMayBeLong;
    }

    /// <summary>
    /// Notes since when the endpoint has answered nothing although requests wait at it, to the report, and how many came since; or since
    /// when it has failed its probes: to the evaluation, so by probes that may be too long by the time since the last one.
    /// </summary>
    private static void NoteSilence(EvaluationContext context, EndpointEvaluation endpoint, bool silentToProbes)
    {
        if (!endpoint.HasNews) return;
        var (fresh, silence, record) = (endpoint.Observed.Fresh, endpoint.Observed.Silence, endpoint.Record);
        var waits = endpoint.Observed.Waiting > 0 && silence.Duration > TimeSpan.Zero;
        var (since, came) = (default(TimeSpan?), 0L);
        if (waits || silentToProbes)
        {
            var before = waits && fresh.HasAnswers ? null : record.SilentSince;
            since = before ?? context.Now - (waits ? silence : fresh).Duration;
            came = before is null ? 0 : record.CameSilent;
            if (waits) came += CountUnanswered(endpoint.Observed, context.Now - since.Value);
        }

        if ((since, came) != (record.SilentSince, record.CameSilent))
            endpoint.Record = record with { SilentSince = since, CameSilent = came };
    }

    /// <summary>
    /// Requests that came to a silent endpoint since the last evaluation: by how many more wait now, and those that ended without service
    /// after they had waited. What fails at once is no silence.
    /// </summary>
    private static long CountUnanswered(EndpointObservation observed, TimeSpan silent)
    {
        var (silence, late) = (observed.Silence, LongAnswers.Late(silent));
        return observed.Waiting - silence.WaitingBefore + silence.Latency.CountAbove(late) + silence.Abandoned.CountAbove(late);
    }

    /// <summary>Remembers what the reports say of the Service as a whole: that it can be probed, and how long answers may take.</summary>
    private static void Remember(EvaluationContext context)
    {
        var fresh = context.Endpoints.Where(endpoint => endpoint.Observed.Report == ReportFreshness.Fresh).ToList();
        if (fresh.Exists(endpoint => endpoint.Observed.Probe.Recent.Any(probe => probe is not null)))
            context.State = context.State with { ProbesWorkedAt = context.Now };
        foreach (var seen in fresh.Where(endpoint => endpoint.Observed.Fresh.Failures == 0))
        {
            if (seen.Observed.Fresh.Latency.Quantile(1) is { } longest && longest > context.State.LongestAnswer)
                context.State = context.State with { LongestAnswer = longest };
        }
    }

    /// <summary>Windows of the endpoints in use, as far as they hold enough to tell a share.</summary>
    private static List<MeasuredWindow> FindTelling(EvaluationContext context) => [.. context.Endpoints
        .Where(endpoint => endpoint.WasInUse && endpoint.Observed.Report == ReportFreshness.Fresh)
        .Select(endpoint => endpoint.Observed.Window)
        .Where(window => window.Latency.Count >= context.Settings.Measurement.MinSamples)];

    /// <summary>
    /// The median endpoint's answers per second, each scaled to a full share, over those that take part and whose node reports.
    /// </summary>
    private static double MedianRate(IReadOnlyList<EndpointEvaluation> endpoints)
    {
        var rates = SortedNumbers.Of(endpoints
            .Where(endpoint => endpoint.Record.Admitted && endpoint.Observed.Report == ReportFreshness.Fresh)
            .Select(endpoint => endpoint.Observed.Window.Rate / endpoint.Record.Weight));
        return rates.Length == 0 ? 0 : rates[rates.Length / 2];
    }
}
