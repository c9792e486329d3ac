using Aviator.Cli.Output;

namespace Aviator.Cli.Status;

/// <summary>All policies, one a row, and below them what is not as wished.</summary>
internal static class StatusTable
{
    /// <summary>Writes it.</summary>
    public static void Write(Session session, StatusReport report)
    {
        var (printer, now) = (session.Printer, session.Now);
        if (report.IsLed == false) printer.Line($"{Capital(report.Controller)}. Nothing is decided meanwhile.", "red");
        if (report.Policies.Count == 0)
        {
            printer.Line(session.Scope is { } ns
                ? $"There is no AviatorPolicy in namespace {ns}. All namespaces: -A."
                : "There is no AviatorPolicy in this cluster.");
            return;
        }

        var all = session.Scope is null;
        var columns = new Columns().Text(all ? ["NAMESPACE", "NAME"] : ["NAME"]).Text("READY", "STEERING", "MODE").Numbers("ACTIVE", "P99")
            .Text("SOURCE").Numbers("COVERAGE").Text("EVALUATED");
        if (printer.IsWide) columns.Text("SERVICE", "ROUTING").Numbers("EJECTED", "MEAN", "STATUS SEEN");
        columns.Text("MESSAGE");
        foreach (var policy in report.Policies) columns.Row([.. Cells(policy)]);
        columns.Write(printer);

        IEnumerable<Cell> Cells(PolicyReport policy)
        {
            if (all) yield return policy.Namespace;
            yield return policy.Name;
            yield return new(policy.Ready, policy.Ready == "True" ? "green" : "red");
            yield return policy.Steering;
            yield return policy.Mode;
            yield return $"{policy.ActivePods} of {policy.TotalPods}";
            yield return Words.Latency(policy.P99LatencyMs);
            yield return policy.LatencySource;
            yield return Words.Percent(policy.Coverage);
            yield return Words.Age(policy.LastEvaluationTime, now) is { } age ? $"{age} ago" : null;
            if (printer.IsWide)
            {
                yield return policy.Service;
                yield return policy.Routing;
                yield return Words.Count(policy.CircuitBrokenPods);
                yield return Words.Latency(policy.AverageLatencyMs);
                yield return Words.Percent(policy.StatusCoverage);
            }

            yield return new(policy.Problem, "yellow");
        }
    }

    private static string Capital(string sentence) => sentence.Length == 0 ? sentence : char.ToUpperInvariant(sentence[0]) + sentence[1..];
}
