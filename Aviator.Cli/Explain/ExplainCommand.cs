using System.CommandLine;
using Aviator.Cli.Completion;
using Aviator.Cli.Figures;
using Aviator.Cli.Output;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Kubernetes;

namespace Aviator.Cli.Explain;

/// <summary><c>explain POD</c>: why a pod gets traffic or none, since when, and what would change it.</summary>
internal static class ExplainCommand
{
    /// <summary>Makes it.</summary>
    public static Command Create(GlobalOptions options, CliHost host)
    {
        var name = new Argument<string>("POD") { Description = "Name of the pod." }.CompleteBy(Candidates.Pods(options));
        var command = new Command("explain", "Why a pod gets traffic or none: the numbers, since when, and what would change it.") { name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var session = new Session(parsed, options, host);
            return await RunAsync(session, parsed.GetValue(name)!, cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(Session session, string name, CancellationToken cancellationToken)
    {
        var plain = name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..];
        var facts = await PodStanding.ReadAsync(session.Api, new ObjectKey(session.NamespaceOf($"pod {plain}"), plain), cancellationToken);
        using var source = new FigureSource(session);
        var policies = facts.Services.Select(behind => behind.Policy).OfType<AviatorPolicy>().ToList();
        var reading = policies.Count == 0 ? null : await source.ReadAsync(policies, cancellationToken);
        var reports = facts.Services.Select(Tell).ToList();
        if (reports.Count == 0) reports.Add(PodStory.WithoutService(facts.Pod));
        session.Printer.Write(new { explanations = reports }, () => Write(session, reports));
        return reports.Any(report => report.GetsTraffic == true) ? ExitCode.Fine : ExitCode.Finding;

        PodReport Tell(PodService behind)
        {
            var figures = reading?.Policies.FirstOrDefault(policy => policy.Policy == behind.Policy?.Metadata.Name);
            return new PodStory(facts.Pod, behind, figures, session.Now).Tell() with { Source = reading?.Source };
        }
    }

    private static void Write(Session session, List<PodReport> reports)
    {
        var printer = session.Printer;
        foreach (var (at, report) in reports.Index())
        {
            if (at > 0) printer.Line();
            printer.Line(report.Answer, report.GetsTraffic switch { true => "green", false => "red", null => "yellow" });
            var facts = new Facts(16);
            if (report.Figures is { } figures) AddFigures(facts, figures, report);
            if (report.Since is { } since) facts.Add("since", Words.Since(since, session.Now));
            foreach (var (number, change) in report.Changes.Index()) facts.Add(number == 0 ? "what changes it" : "", change);
            foreach (var (number, entry) in report.History.TakeLast(5).Index()) facts.Add(number == 0 ? "events" : "", entry);
            printer.Line();
            facts.Write(printer);
        }

        static void AddFigures(Facts facts, EndpointFigures figures, PodReport report)
        {
            facts.Add("decision", Decision(figures));
            facts.Add("latency", figures.P99 is null
                ? "not measured"
                : $"p50 {Words.Latency(figures.P50)}, p99 {Words.Latency(figures.P99)}; the pods in use have a p99 of "
                    + (Words.Latency(report.PeersP99) ?? "nothing measured"));
            facts.Add("rests on", FormattableString.Invariant($"{figures.Samples} samples, {figures.InFlight:0.#} requests in flight"));
            if (report.Engine is { } engine) facts.Add("engine", engine);
            if (figures.Share is { } share) facts.Add("share", $"{Words.Percent(share)} of the Service's traffic");
            facts.Add("source", report.Source ?? "");
        }
    }

    /// <summary>A reason mostly begins with the state's name already.</summary>
    private static string Decision(EndpointFigures figures) =>
        figures.Reason is { } reason && figures.State is { } state && reason.StartsWith(state, StringComparison.OrdinalIgnoreCase)
            ? reason
            : $"{figures.State}: {figures.Reason}";
}
