using Aviator.Tests.Tooling.Processes;


namespace Aviator.Tests.Tooling.Kubernetes;

/// <summary>The real kubectl: what users type is what runs here.</summary>
/// <param name="kubeconfig">The kubeconfig file to use.</param>
internal sealed class Kubectl(string kubeconfig)
{
    private static string Program => Environment.GetEnvironmentVariable("KUBECTL") is { Length: > 0 } path ? path : "kubectl";

    /// <summary>Runs it, whatever the outcome.</summary>
    public Task<CommandResult> TryAsync(IReadOnlyList<string> arguments, string? input = null,
        CancellationToken cancellationToken = default) =>
        Command.RunAsync([Program, "--kubeconfig", kubeconfig, .. arguments], input, cancellationToken: cancellationToken);

    /// <summary>Runs it and gives its standard output.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message quotes it.</exception>
    public async Task<string> RunAsync(IReadOnlyList<string> arguments, string? input = null,
        CancellationToken cancellationToken = default) =>
        (await TryAsync(arguments, input, cancellationToken)).EnsureSuccess().Output;
}
