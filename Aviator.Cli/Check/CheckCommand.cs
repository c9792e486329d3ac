using System.CommandLine;
using System.Runtime.CompilerServices;
using Aviator.Cli.Completion;
using Aviator.Cli.Output;
using Aviator.Kubernetes;

namespace Aviator.Cli.Check;

/// <summary><c>check [SERVICE]</c>: what would keep Aviator from working, before it is installed and after.</summary>
internal static class CheckCommand
{
    /// <summary>Makes it.</summary>
    public static Command Create(GlobalOptions options, CliHost host)
    {
        var name = new Argument<string?>("SERVICE")
        {
            Description = "A Service: also whether it can be steered, and what else reads it.",
            Arity = ArgumentArity.ZeroOrOne,
        }.CompleteBy(Candidates.Services(options));
        var command = new Command("check", "What would keep Aviator from working, each with its fix; exit code 1 when something does.")
        {
            name,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var session = new Session(parsed, options, host);
            // Reviews are asked for by POST; they change nothing.
            session.MayWrite = static () => true;
            var service = parsed.GetValue(name) is { } given
                ? new ObjectKey(session.NamespaceOf($"Service {given}"), given[(given.IndexOf('/', StringComparison.Ordinal) + 1)..])
                : (ObjectKey?)null;
            var findings = new List<Finding>();
            await foreach (var finding in FindAsync(session, service, cancellationToken)) findings.Add(finding);
            session.Printer.Write(new { findings }, () => Write(session, findings));
            return findings.Exists(finding => finding.Level == Level.Fail) ? ExitCode.Finding : ExitCode.Fine;
        });
        return command;
    }

    private static async IAsyncEnumerable<Finding> FindAsync(
        Session session, ObjectKey? service, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The server first: when it cannot be reached, nothing else can be said, and the command ends with that.
        await foreach (var finding in ServerCheck.FindAsync(session.Api, cancellationToken)) yield return finding;
        Workloads? workloads = null;
        await foreach (var finding in Guarded("Aviator's workloads", ReadAsync(), cancellationToken)) yield return finding;
        await foreach (var finding in Guarded("nodes", NodeCheck.FindAsync(session.Api, cancellationToken), cancellationToken))
            yield return finding;
        if (workloads is not null)
        {
            var (rights, parts) = (
                RightsCheck.FindAsync(session.Api, workloads, cancellationToken),
                WorkloadCheck.FindAsync(session, workloads, cancellationToken));
            await foreach (var finding in Guarded("rights", rights, cancellationToken)) yield return finding;
            await foreach (var finding in Guarded("parts", parts, cancellationToken)) yield return finding;
        }

        if (workloads is { AreInstalled: true })
        {
            await foreach (var finding in Guarded("policies", PolicyCheck.FindAsync(session, cancellationToken), cancellationToken))
                yield return finding;
        }

        if (service is { } named)
        {
            var found = ServiceCheck.FindAsync(session, named, cancellationToken);
            await foreach (var finding in Guarded($"Service {named}", found, cancellationToken)) yield return finding;
        }

        async IAsyncEnumerable<Finding> ReadAsync()
        {
            workloads = await Workloads.ReadAsync(session.Api, session.SystemNamespace, cancellationToken);
            yield break;
        }
    }

    /// <summary>What may not be looked at is a finding of its own, and no reason to leave out the rest.</summary>
    private static async IAsyncEnumerable<Finding> Guarded(
        string subject, IAsyncEnumerable<Finding> findings, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var each = findings.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            Finding? refusal = null;
            try
            {
                if (!await each.MoveNextAsync()) yield break;
            }
            catch (ApiException fault) when (fault.IsForbidden || fault.IsNotFound)
            {
                refusal = Finding.Warn(subject, $"Not looked at: {fault.Message.TrimEnd('.')}.", "Use an account with that right.",
                    "install.md#rights-and-why");
            }

            yield return refusal ?? each.Current;
            if (refusal is not null) yield break;
        }
    }

    private static void Write(Session session, List<Finding> findings)
    {
        var printer = session.Printer;
        var table = new Columns { AreHeadsShown = false }.Text("", "", "");
        foreach (var finding in findings)
        {
            var (word, color) = finding.Level switch
            {
                Level.Ok => ("OK", "green"),
                Level.Warn => ("WARN", "yellow"),
                _ => ("FAIL", "red"),
            };
            table.Row(new(word, color), finding.Subject, new(finding.Sentence, color));
            if (finding.Fix is { } fix) table.Row(" ", " ", $"fix: {fix}");
            if (finding.Link is { } link) table.Row(" ", " ", $"see: {link}");
        }

        table.Write(printer);

        printer.Line();
        printer.Line($"{Count(Level.Ok)} OK, {Count(Level.Warn)} WARN, {Count(Level.Fail)} FAIL.");

        int Count(Level level) => findings.Count(finding => finding.Level == level);
    }
}
