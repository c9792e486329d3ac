using System.CommandLine;
using Aviator.Cli.Output;
using Aviator.Kubernetes;

namespace Aviator.Cli;

/// <summary>One command's way to the cluster and to the person: made of the global options.</summary>
internal sealed class Session : IDisposable
{
    private readonly string _namespace;
    private readonly bool _all;

    /// <param name="parsed">The command line.</param>
    /// <param name="options">The global options.</param>
    /// <param name="host">What surrounds the command.</param>
    /// <exception cref="NoClusterException">There is no kubeconfig, or it cannot be used.</exception>
    public Session(ParseResult parsed, GlobalOptions options, CliHost host)
    {
        Host = host;
        Printer = new(host, parsed.GetValue(options.Format), !parsed.GetValue(options.NoColor));
        Client = ClusterAccess.Connect(parsed.GetValue(options.Kubeconfig), parsed.GetValue(options.Context), out var ofContext);
        Api = new ApiConnection(Client, TimeProvider.System) { MayWrite = () => MayWrite() };
        SystemNamespace = parsed.GetValue(options.SystemNamespace);
        _all = parsed.GetValue(options.AllNamespaces);
        _namespace = parsed.GetValue(options.Namespace) is { Length: > 0 } given ? given
            : ofContext is { Length: > 0 } standing ? standing
            : "default";
    }

    /// <summary>What surrounds the command.</summary>
    public CliHost Host { get; }

    /// <summary>The client, for what raw requests cannot do.</summary>
    public k8s.Kubernetes Client { get; }

    /// <summary>The API server.</summary>
    public ApiConnection Api { get; }

    /// <summary>Writes results.</summary>
    public Printer Printer { get; }

    /// <summary>Where Aviator runs, as the user named it; null to look for it.</summary>
    public string? SystemNamespace { get; }

    /// <summary>
    /// Asked before each request that changes something. Only a command that writes sets it: the others cannot by mistake.
    /// </summary>
    public Func<bool> MayWrite { get; set; } = static () => false;

    /// <summary>The namespaces that a list is of: null for all.</summary>
    public string? Scope => _all ? null : _namespace;

    /// <summary>The namespace of an object that is named.</summary>
    /// <exception cref="CliException">All namespaces were asked for, so a name does not say which object is meant.</exception>
    public string NamespaceOf(string what) => _all
        ? throw new CliException($"--all-namespaces: {what} is in one namespace; name it by -n NAMESPACE instead.", ExitCode.NoAccess)
        : _namespace;

    /// <summary>The time, for ages.</summary>
    public DateTimeOffset Now => Host.Time.GetUtcNow();

    /// <inheritdoc/>
    public void Dispose() => Client.Dispose();
}
