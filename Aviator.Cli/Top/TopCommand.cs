using System.CommandLine;
using Aviator.Cli.Cluster;
using Aviator.Cli.Completion;
using Aviator.Cli.Figures;
using Aviator.Core;
using Spectre.Console;

namespace Aviator.Cli.Top;

/// <summary><c>top [NAME]</c>: the pods, what matters first; live in a terminal.</summary>
internal static class TopCommand
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <summary>Readings in a row that may fail before the table ends.</summary>
    private const int MaxFailures = 15;

    /// <summary>Makes it.</summary>
    public static Command Create(GlobalOptions options, CliHost host)
    {
        var name = new Argument<string?>("NAME")
        {
            Description = "A policy, or the Service of one; without it, all of the namespace.",
            Arity = ArgumentArity.ZeroOrOne,
        }.CompleteBy(Candidates.Policies(options));
        var interval = new Option<TimeSpan>("--interval")
        {
            Description = "How often the table is renewed, 500ms to 5m.",
            HelpName = "TIME",
            DefaultValueFactory = static _ => TimeSpan.FromSeconds(2),
            CustomParser = static result =>
            {
                var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
                if (GoDuration.TryParse(text, out var time, out var error) && time >= Shortest && time <= Longest) return time;
                result.AddError($"--interval: {error ?? $"{text} is out of range"}; use 500ms to 5m, such as 2s.");
                return default;
            },
        };
        var once = new Option<bool>("--once") { Description = "One table and the end; always so when piped, and with -o json or yaml." };
        var command = new Command("top", "The pods of policies, live: what gets no traffic first, then the slowest.")
        {
            name, interval, once,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var session = new Session(parsed, options, host);
            var isLive = host.IsTerminal && session.Printer.IsForPeople && !parsed.GetValue(once);
            using var source = new FigureSource(session);
            return isLive
                ? await LiveAsync(session, source, parsed.GetValue(name), parsed.GetValue(interval), cancellationToken)
                : await OnceAsync(session, source, parsed.GetValue(name), cancellationToken);
        });
        return command;
    }

    private static async Task<int> OnceAsync(Session session, FigureSource source, string? name, CancellationToken cancellationToken)
    {
        var reading = await ReadAsync(session, source, name, cancellationToken);
        session.Printer.Write(reading, () => session.Printer.Console.Write(TopTable.Of(session, reading)));
        return ExitCode.Fine;
    }

    private static async Task<int> LiveAsync(
        Session session, FigureSource source, string? name, TimeSpan interval, CancellationToken cancellationToken)
    {
        var last = await ReadAsync(session, source, name, cancellationToken);
        try
        {
            await session.Printer.Console.Live(TopTable.Of(session, last)).AutoClear(false).StartAsync(FollowAsync);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C, which is how a live table ends.
        }

        return ExitCode.Fine;

        async Task FollowAsync(LiveDisplayContext live)
        {
            using var timer = new PeriodicTimer(interval, session.Host.Time);
            var failures = 0;
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                try
                {
                    last = await ReadAsync(session, source, name, cancellationToken);
                    live.UpdateTarget(TopTable.Of(session, last));
                    failures = 0;
                }
                catch (Exception fault) when (Faults.Explain(fault) is { } known && ++failures < MaxFailures)
                {
                    // A server that is away for a moment: the last table stays, with the reason below it.
                    live.UpdateTarget(new Rows(TopTable.Of(session, last), new Text(known.Message)));
                }
            }
        }
    }

    private static async Task<FigureReading> ReadAsync(
        Session session, FigureSource source, string? name, CancellationToken cancellationToken)
    {
        var policies = name is null
            ? await PolicyReading.ListAsync(session.Api, session.Scope, cancellationToken)
            : [await PolicyReading.FindAsync(session.Api, session.NamespaceOf($"policy {name}"), name, cancellationToken)];
        return await source.ReadAsync(policies, cancellationToken);
    }
}
