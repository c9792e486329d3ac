using System.CommandLine;
using System.CommandLine.Completions;
using Aviator.Cli.Output;

namespace Aviator.Cli;

/// <summary>The options that every command takes, with kubectl's names.</summary>
internal sealed class GlobalOptions
{
    /// <summary>The file that leads to the cluster.</summary>
    public Option<string?> Kubeconfig { get; } = new("--kubeconfig")
    {
        Description = "Path of the kubeconfig; else KUBECONFIG, else the default file.",
        HelpName = "FILE",
        Recursive = true,
    };

    /// <summary>The file's context.</summary>
    public Option<string?> Context { get; } = new("--context")
    {
        Description = "Context of the kubeconfig; else its current one.",
        HelpName = "NAME",
        Recursive = true,
    };

    /// <summary>The namespace of what is named.</summary>
    public Option<string?> Namespace { get; } = new("--namespace", "-n")
    {
        Description = "Namespace; else the context's.",
        HelpName = "NAME",
        Recursive = true,
    };

    /// <summary>All namespaces at once.</summary>
    public Option<bool> AllNamespaces { get; } = new("--all-namespaces", "-A") { Description = "All namespaces.", Recursive = true };

    /// <summary>The form of the result.</summary>
    public Option<OutputFormat> Format { get; } = new("--output", "-o")
    {
        Description = "table, wide, json or yaml.",
        HelpName = "FORMAT",
        DefaultValueFactory = static _ => OutputFormat.Table,
        CustomParser = static result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (OutputFormats.TryParse(text, out var format)) return format;
            result.AddError($"--output: \"{text}\" is not known; use table, wide, json or yaml.");
            return default;
        },
        Recursive = true,
    };

    /// <summary>Plain text also in a terminal.</summary>
    public Option<bool> NoColor { get; } = new("--no-color")
    {
        Description = "No colours; also by NO_COLOR, and always when piped.",
        Recursive = true,
    };

    /// <summary>Where Aviator itself runs, for its Lease and its pods.</summary>
    public Option<string?> SystemNamespace { get; } = new("--system-namespace")
    {
        Description = $"Namespace that Aviator runs in; else looked for, else {Cluster.SystemNamespace.Default}.",
        HelpName = "NAME",
        Recursive = true,
    };

    /// <summary>All of them, for the root.</summary>
    public IEnumerable<Option> All() => [Kubeconfig, Context, Namespace, AllNamespaces, SystemNamespace, Format, NoColor];

    /// <summary>The words of the format complete as they are written, and not as the enumeration spells them.</summary>
    public GlobalOptions()
    {
        Format.CompletionSources.Clear();
        Format.CompletionSources.Add(static _ => OutputFormats.Words.Select(static word => new CompletionItem(word)));
    }
}
