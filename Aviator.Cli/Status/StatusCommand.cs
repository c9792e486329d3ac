using System.CommandLine;
using Aviator.Cli.Cluster;
using Aviator.Cli.Completion;

namespace Aviator.Cli.Status;

/// <summary><c>status [NAME]</c>: whether the policies do what they ask for.</summary>
internal static class StatusCommand
{
    /// <summary>Makes it.</summary>
    public static Command Create(GlobalOptions options, CliHost host)
    {
        var name = new Argument<string?>("NAME")
        {
            Description = "A policy, or the Service of one; then with conditions, pods and nodes.",
            Arity = ArgumentArity.ZeroOrOne,
        }.CompleteBy(Candidates.Policies(options));
        var command = new Command("status", "Whether each policy does what it asks for; exit code 1 when one does not.") { name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var session = new Session(parsed, options, host);
            return await RunAsync(session, parsed.GetValue(name), cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(Session session, string? name, CancellationToken cancellationToken)
    {
        var policies = name is null
            ? await PolicyReading.ListAsync(session.Api, session.Scope, cancellationToken)
            : [await PolicyReading.FindAsync(session.Api, session.NamespaceOf($"policy {name}"), name, cancellationToken)];
        var leader = await Leader.FindAsync(session.Api, session.SystemNamespace, cancellationToken);
        var reports = policies.Select(policy => PolicyReport.Of(policy, detailed: name is not null)).ToList();
        var report = StatusReport.Of(leader, reports, session.Now);

        session.Printer.Write(report, () =>
        {
            if (name is null) StatusTable.Write(session, report);
            else StatusDetail.Write(session, report, reports[0]);
        });
        return reports.All(policy => policy.Ready == "True") && report.IsLed != false ? ExitCode.Fine : ExitCode.Finding;
    }
}
