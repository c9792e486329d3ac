using System.CommandLine;
using Aviator.Cli.Cluster;
using Aviator.Cli.Completion;
using Aviator.Cli.Output;
using Aviator.Kubernetes;

namespace Aviator.Cli.Events;

/// <summary><c>events [NAME]</c>: what Aviator did, the latest last.</summary>
internal static class EventsCommand
{
    /// <summary>Makes it.</summary>
    public static Command Create(GlobalOptions options, CliHost host)
    {
        var name = new Argument<string?>("NAME")
        {
            Description = "A policy, or the Service of one; without it, all.",
            Arity = ArgumentArity.ZeroOrOne,
        }.CompleteBy(Candidates.Policies(options));
        var command = new Command("events", "What Aviator did to policies and Services, the latest last.") { name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var session = new Session(parsed, options, host);
            return await RunAsync(session, parsed.GetValue(name), cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(Session session, string? name, CancellationToken cancellationToken)
    {
        var events = await AviatorEvent.ListAsync(
            session.Api, name is null ? session.Scope : session.NamespaceOf($"policy {name}"), cancellationToken);
        if (name is not null)
        {
            var policy = await PolicyReading.FindAsync(session.Api, session.NamespaceOf($"policy {name}"), name, cancellationToken);
            var about = new[] { $"{AviatorNames.Kind}/{policy.Metadata.Name}", $"Service/{policy.Spec.TargetRef.Name}" };
            events = [.. events.Where(entry => about.Contains(entry.Object, StringComparer.Ordinal))];
        }

        session.Printer.Write(new { events }, () => Write(session, events));
        return ExitCode.Fine;
    }

    private static void Write(Session session, IReadOnlyList<AviatorEvent> events)
    {
        var (printer, all) = (session.Printer, session.Scope is null);
        if (events.Count == 0)
        {
            printer.Line("There are no Events of Aviator. Kubernetes forgets Events after an hour by default.");
            return;
        }

        var columns = new Columns().Text("AGE", "TYPE", "REASON").Numbers("COUNT").Text(all ? ["NAMESPACE", "OBJECT"] : ["OBJECT"])
            .Text("MESSAGE");
        foreach (var entry in events)
        {
            Cell[] about = all ? [entry.Namespace, entry.Object] : [entry.Object];
            columns.Row(
            [
                Words.Age(entry.LastTime, session.Now), new(entry.Type, entry.Type == "Warning" ? "yellow" : "default"), entry.Reason,
                Words.Count(entry.Count), .. about, entry.Message,
            ]);
        }

        columns.Write(printer);
    }
}
