using Aviator.Core.Measurement;
using Aviator.Redis;
using Microsoft.Extensions.Options;

namespace Aviator.Controller;

/// <summary>
/// The controller's settings, from section <c>Aviator</c> of the configuration: environment variables such as <c>Aviator__Namespace</c>,
/// or the command line (<c>--namespace shop</c>, see Program).
/// </summary>
internal sealed class ControllerOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Aviator";

    /// <summary>Path of a kubeconfig; without one KUBECONFIG, else the user's default file, else the pod's account.</summary>
    public string? Kubeconfig { get; set; }

    /// <summary>The kubeconfig's context; without one its current context.</summary>
    public string? Context { get; set; }

    /// <summary>The one namespace to work in; all without one.</summary>
    public string? Namespace { get; set; }

    /// <summary>Keeps clusters that share a Redis apart; the agents have the same in <c>Agent:Cluster</c>.</summary>
    public string Cluster { get; set; } = RedisKeys.DefaultCluster;

    /// <summary>Base addresses of the agents, separated by commas; without any the pods that match <see cref="AgentSelector"/>.</summary>
    public string? Agents { get; set; }

    /// <summary>Label selector of the agents' pods.</summary>
    public string AgentSelector { get; set; } = "app.kubernetes.io/name=aviator,app.kubernetes.io/component=agent";

    /// <summary>The agents' port, where their pods name none; 1 to 65535.</summary>
    public int AgentPort { get; set; } = 9464;

    /// <summary>Time limit of one request to an agent, 100 ms to 30 s.</summary>
    public TimeSpan AgentTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Namespace of the agents' pods; all without one. Set it together with <see cref="AgentTokenFile"/>: anyone can put these labels on a
    /// pod and would then be sent the token.
    /// </summary>
    public string? AgentNamespace { get; set; }

    /// <summary>File with the token that the agents are shown; read again as it is replaced. Without one no token is sent.</summary>
    public string? AgentTokenFile { get; set; }

    /// <summary>Latency source for all policies; without one each policy's own.</summary>
    public LatencySource? Source { get; set; }

    /// <summary>
    /// Services worked on at the same time, 1 to 64. More than there are cores: most of the time goes by waiting for the API server, and a
    /// Service whose writes hang in a webhook keeps its worker for seconds.
    /// </summary>
    public int Workers { get; set; } = 16;

    /// <summary>The static agents' addresses.</summary>
    public IReadOnlyList<string> AgentAddresses =>
        Agents?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
}

/// <summary>Checks the settings. Every fault is named, not only the first.</summary>
internal sealed class ControllerOptionsValidator : IValidateOptions<ControllerOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, ControllerOptions options)
    {
        var faults = new List<string>();
        if (options.Kubeconfig is { Length: > 0 } path && !File.Exists(path)) faults.Add($"Aviator:Kubeconfig: there is no file {path}");
        if (options.AgentTokenFile is { Length: > 0 } token && !File.Exists(token))
            faults.Add($"Aviator:AgentTokenFile: there is no file {token}");
        if (!RedisKeys.IsClusterName(options.Cluster))
            faults.Add($"Aviator:Cluster: \"{options.Cluster}\" is not 1 to 63 letters, digits, dots and dashes");
        foreach (var address in options.AgentAddresses)
        {
            if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
                faults.Add($"Aviator:Agents: \"{address}\" is not an address such as http://127.0.0.1:9464");
        }

        if (string.IsNullOrWhiteSpace(options.AgentSelector)) faults.Add("Aviator:AgentSelector: is empty");
        if (options.AgentPort is < 1 or > 65535) faults.Add($"Aviator:AgentPort: {options.AgentPort} is not 1 to 65535");
        if (options.AgentTimeout < TimeSpan.FromMilliseconds(100) || options.AgentTimeout > TimeSpan.FromSeconds(30))
            faults.Add($"Aviator:AgentTimeout: {options.AgentTimeout:c} is not 00:00:00.1 to 00:00:30");
        if (options.Workers is < 1 or > 64) faults.Add($"Aviator:Workers: {options.Workers} is not 1 to 64");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
