using System.CommandLine;
using System.CommandLine.Completions;
using Aviator.Cli.Cluster;
using Aviator.Kubernetes;

namespace Aviator.Cli.Completion;

/// <summary>
/// Names for the shell to complete. Asked of the cluster within <see cref="Patience"/>; whatever fails gives none, since a message would
/// land in the middle of what the person types.
/// </summary>
internal static class Candidates
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Adds them to an argument.</summary>
    public static Argument<T> CompleteBy<T>(this Argument<T> argument, Func<CompletionContext, IEnumerable<CompletionItem>> source)
    {
        argument.CompletionSources.Add(source);
        return argument;
    }

    /// <summary>Names of policies.</summary>
    public static Func<CompletionContext, IEnumerable<CompletionItem>> Policies(GlobalOptions options) =>
        Of(options, async (session, end) =>
            (await PolicyReading.ListAsync(session.Api, session.Scope, end)).Select(policy => policy.Metadata.Name));

    /// <summary>Names of pods.</summary>
    public static Func<CompletionContext, IEnumerable<CompletionItem>> Pods(GlobalOptions options) => Names(options, ResourceKind.Pods);

    /// <summary>Names of Services.</summary>
    public static Func<CompletionContext, IEnumerable<CompletionItem>> Services(GlobalOptions options) =>
        Names(options, ResourceKind.Services);

    private static Func<CompletionContext, IEnumerable<CompletionItem>> Names(GlobalOptions options, ResourceKind kind) =>
        Of(options, async (session, end) =>
        {
            var page = await new ResourceClient<object>(session.Api, kind, new ResourceScope(session.Scope)).ListAsync(500, null, end);
            return page.Items.Select(item => item.Key.Name);
        });

    private static Func<CompletionContext, IEnumerable<CompletionItem>> Of(
        GlobalOptions options, Func<Session, CancellationToken, Task<IEnumerable<string>>> ask) => context =>
    {
        try
        {
            using var end = new CancellationTokenSource(Patience);
            using var session = new Session(context.ParseResult, options, Silent);
            // The shell's completion is not asynchronous; nothing else runs in this process.
            var names = Task.Run(() => ask(session, end.Token), end.Token).WaitAsync(Patience, end.Token).GetAwaiter().GetResult();
            return [.. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(name => new CompletionItem(name))];
        }
        catch (Exception fault) when (fault is OperationCanceledException || Faults.Explain(fault) is not null)
        {
            return [];
        }
    };

    private static CliHost Silent { get; } = new() { Out = TextWriter.Null, Error = TextWriter.Null };
}
