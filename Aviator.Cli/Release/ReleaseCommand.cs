using System.CommandLine;
using Aviator.Cli.Completion;
using Aviator.Core;
using Aviator.Kubernetes;

namespace Aviator.Cli.Release;

/// <summary><c>release SERVICE</c>, <c>release --all</c>: hands Services back to Kubernetes when no controller does.</summary>
internal static class ReleaseCommand
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>Makes it.</summary>
    public static Command Create(GlobalOptions options, CliHost host)
    {
        var name = new Argument<string?>("SERVICE") { Description = "The Service.", Arity = ArgumentArity.ZeroOrOne }
            .CompleteBy(Candidates.Services(options));
        var all = new Option<bool>("--all") { Description = "Every steered Service of the namespace; with -A, of the cluster." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        var timeout = new Option<TimeSpan>("--timeout")
        {
            Description = "How long it may take, 1m to 1h; one Service takes about 35 s.",
            HelpName = "TIME",
            DefaultValueFactory = static _ => TimeSpan.FromMinutes(4),
            CustomParser = static result =>
            {
                var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
                if (GoDuration.TryParse(text, out var time, out var error) && time >= Shortest && time <= Longest) return time;
                result.AddError($"--timeout: {error ?? $"{text} is out of range"}; use 1m to 1h, such as 4m.");
                return default;
            },
        };
        var command = new Command("release", "Hand a Service back to Kubernetes, without an outage, when no controller leads.")
        {
            name, all, yes, timeout,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(name) is null == !result.GetValue(all))
                result.AddError("Name one Service, or give --all: kubectl aviator release SERVICE.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var session = new Session(parsed, options, host);
            var service = parsed.GetValue(name) is { } given
                ? new ObjectKey(session.NamespaceOf($"Service {given}"), given[(given.IndexOf('/', StringComparison.Ordinal) + 1)..])
                : (ObjectKey?)null;
            using var run = new ReleaseRun(session, parsed.GetValue(yes));
            using var limit = new CancellationTokenSource(parsed.GetValue(timeout), host.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            try
            {
                return await run.RunAsync(service, either.Token);
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested)
            {
                throw new CliException(
                    $"--timeout: not everything was handed back within {parsed.GetValue(timeout).TotalMinutes:0.#} min. It is safe to "
                    + "run the command again: it goes on where it was.");
            }
        });
        return command;
    }
}
