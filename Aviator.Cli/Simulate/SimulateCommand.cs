using System.CommandLine;
using System.Text.Json.Nodes;
using Aviator.Cli.Figures;
using Aviator.Cli.Output;
using Aviator.Core.Boards;

namespace Aviator.Cli.Simulate;

/// <summary><c>simulate -f FILE</c>: what a policy would select on the figures of now, before it is applied.</summary>
internal static class SimulateCommand
{
    /// <summary>Makes it.</summary>
    public static Command Create(GlobalOptions options, CliHost host)
    {
        var file = new Option<string>("--filename", "-f")
        {
            Description = "The policy, as YAML or JSON; - for standard input.",
            HelpName = "FILE",
            Required = true,
        };
        var command = new Command("simulate", "What a policy would select on the figures of now; nothing is changed.") { file };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var session = new Session(parsed, options, host);
            return await RunAsync(session, PolicyFile.Read(parsed.GetValue(file)!, host), cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(Session session, JsonObject policy, CancellationToken cancellationToken)
    {
        if (policy["metadata"] is not JsonObject metadata) policy["metadata"] = metadata = new JsonObject();
        metadata["namespace"] ??= session.NamespaceOf("the Service");
        metadata["name"] ??= "simulated";
        using var board = new BoardClient(session);
        var (answer, why) = await board.SimulateAsync(policy.ToJsonString(), cancellationToken);
        if (answer is null)
        {
            throw new CliException(
                $"The controller did not simulate it ({why}). It has to serve its board: {DocsLink.Of("kubectl.md#the-board")}.",
                ExitCode.NoAccess);
        }

        session.Printer.Write(answer, () => Write(session.Printer, answer));
        return answer.Faults.Count > 0 || answer.Obstacle is not null ? ExitCode.Finding : ExitCode.Fine;
    }

    private static void Write(Printer printer, SimulatedPolicy answer)
    {
        foreach (var fault in answer.Faults) printer.Line($"{fault}.", "red");
        if (answer.Obstacle is { } obstacle) printer.Line($"It would not be carried out: {obstacle}", "red");
        if (answer.Total == 0)
        {
            if (answer.Faults.Count == 0) printer.Line($"Service {answer.Service} has no ready pod.");
            return;
        }

        printer.Line(
            $"{answer.Active} of {answer.Total} pods of Service {answer.Service} would get traffic; {answer.ActiveNow} do now.",
            answer.Active < answer.ActiveNow ? "yellow" : "green");
        if (answer.Degraded is { } degraded) printer.Line(degraded, "yellow");
        if (answer.Gain is { } gain) Write(printer, gain);
        printer.Line();
        var columns = new Columns().Text("POD").Numbers("WEIGHT NOW", "WEIGHT").Text("STATE").Numbers("P50", "P99", "SAMPLES")
            .Text("REASON");
        foreach (var pod in answer.Endpoints)
        {
            columns.Row(
                pod.Pod, Weight(pod.WeightNow), Weight(pod.Weight), new(pod.State, StateColor.Of(pod.State)), Words.Latency(pod.P50Ms),
                Words.Latency(pod.P99Ms), Words.Count(pod.Samples), pod.Reason);
        }

        columns.Write(printer);
        printer.Line(Basis(answer), "grey");
    }

    private static void Write(Printer printer, GainBoard gain)
    {
        printer.Line(GainText.Moved(gain.Moved));
        printer.Line(GainText.Latencies(gain.P50NowMs, gain.P99NowMs, gain.P50Ms, gain.P99Ms));
    }

    /// <summary>What the answer rests on, and what it leaves out.</summary>
    private static string Basis(SimulatedPolicy answer) => answer.Endpoints.All(pod => pod.Samples == 0)
        ? "No figures: agents measure the pods of Services that have a policy. Apply it with mode: Observe, and simulate again."
        : FormattableString.Invariant(
            $"As after {answer.Evaluations} evaluations, {answer.IntervalMs / 1000:0.###} s apart, with the figures of now in each.")
            + " Load does not move in it.";

    private static string Weight(double weight) => FormattableString.Invariant($"{weight:0.##}");
}
