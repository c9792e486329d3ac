using System.ComponentModel.DataAnnotations;
using System.Net;
using Aviator.Agent.Access;
using Aviator.Agent.Steering;
using Aviator.Kubernetes;
using Aviator.Redis;
using Microsoft.Extensions.Options;

namespace Aviator.Agent;

/// <summary>Which source the agent may use.</summary>
internal enum SourceChoice
{
    /// <summary>The kernel where it can be had, else the probe.</summary>
    Auto,

    /// <summary>The kernel or nothing: the agent refuses to start without it.</summary>
    Ebpf,

    /// <summary>The probe; needs no rights.</summary>
    Probe,
}

/// <summary>The agent's options: section <c>Agent</c> of the configuration (<c>Agent__Port=9464</c>, <c>--Agent:Port=9464</c>).</summary>
internal sealed class AgentOptions : IValidatableObject
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Agent";

    /// <summary>
    /// The node's name in Kubernetes. Default: NODE_NAME, else the host's name in lower case, as the kubelet names its node.
    /// </summary>
    [Required(ErrorMessage = "NodeName is empty: give the node's name in Kubernetes.")]
    public string NodeName { get; set; } =
        Environment.GetEnvironmentVariable("NODE_NAME") is { Length: > 0 } given ? given : Dns.GetHostName().ToLowerInvariant();

    /// <summary>Keeps clusters that share a Redis apart; the controller has the same in <c>Aviator:Cluster</c>.</summary>
    public string Cluster { get; set; } = RedisKeys.DefaultCluster;

    /// <summary>The address to listen on; <c>*</c> for all.</summary>
    [Required(ErrorMessage = "ListenAddress is empty: give an IP address or *.")]
    public string ListenAddress { get; set; } = "*";

    /// <summary>The port to listen on; 0 lets the system choose.</summary>
    [Range(0, 65535)]
    public int Port { get; set; } = 9464;

    /// <summary>Time from one read of the kernel's counters to the next, 100 ms to 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:00:10")]
    public TimeSpan SubWindow { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Which source to use.</summary>
    [EnumDataType(typeof(SourceChoice), ErrorMessage = "Source is not one of auto, ebpf, probe.")]
    public SourceChoice Source { get; set; } = SourceChoice.Auto;

    /// <summary>Path of a kubeconfig; null for KUBECONFIG, the pod's own account, or the user's default, in this order.</summary>
    public string? Kubeconfig { get; set; }

    /// <summary>The one namespace whose policies count and whose pods are measured; null or empty for all.</summary>
    public string? Namespace { get; set; }

    /// <summary>Endpoints to measure without a cluster; when there are any, no API server is asked.</summary>
    [ValidateEnumeratedItems]
    public IList<StaticEndpointOptions> Endpoints { get; } = [];

    /// <summary>The HTTP probe.</summary>
    [ValidateObjectMembers]
    public ProbeOptions Probe { get; } = new();

    /// <summary>Who may read the measurements, and who may order.</summary>
    [ValidateObjectMembers]
    public AccessOptions Access { get; } = new();

    /// <summary>Carrying out the leader's orders in the kernel.</summary>
    [ValidateObjectMembers]
    public SteeringOptions Steering { get; } = new();

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ListenAddress is not ("*" or "") && !IPAddress.TryParse(ListenAddress, out _))
            yield return new ValidationResult($"ListenAddress '{ListenAddress}' is neither an IP address nor *.");
        if (!RedisKeys.IsClusterName(Cluster))
            yield return new ValidationResult($"Cluster '{Cluster}' is not 1 to 63 letters, digits, dots and dashes.");
        if (Kubeconfig is { Length: > 0 } && !File.Exists(Kubeconfig))
            yield return new ValidationResult($"Kubeconfig '{Kubeconfig}' does not exist.");
        if (Probe.IdleAfter < SubWindow)
            yield return new ValidationResult("Probe:IdleAfter is shorter than SubWindow, so every endpoint would look idle.");
        if (Probe.SteadyInterval < Probe.Interval)
            yield return new ValidationResult("Probe:SteadyInterval is shorter than Probe:Interval.");
        foreach (var twice in Endpoints.GroupBy(endpoint => (endpoint.Address, endpoint.Port)).Where(group => group.Count() > 1))
            yield return new ValidationResult($"Endpoints name {twice.Key.Address} port {twice.Key.Port} {twice.Count()} times.");
    }
}

/// <summary>One endpoint to measure without a cluster.</summary>
internal sealed class StaticEndpointOptions : IValidatableObject
{
    /// <summary>The address that accepts connections.</summary>
    public string Address { get; set; } = "";

    /// <summary>The port that accepts connections.</summary>
    [Range(1, 65535)]
    public int Port { get; set; }

    /// <summary>Name to report; default <c>ADDRESS:PORT</c>.</summary>
    public string? Pod { get; set; }

    /// <summary>Namespace to report.</summary>
    public string Namespace { get; set; } = "default";

    /// <summary>UID to report; default the name.</summary>
    public string? PodUid { get; set; }

    /// <summary>Port to probe; default <see cref="Port"/>.</summary>
    [Range(1, 65535)]
    public int? ProbePort { get; set; }

    /// <summary>Path to probe.</summary>
    public string ProbePath { get; set; } = "/";

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IPAddress.TryParse(Address, out _))
            yield return new ValidationResult($"Address '{Address}' of a static endpoint is not an IP address.");
        if (!RequestPath.IsValid(ProbePath))
            yield return new ValidationResult(
                $"ProbePath '{ProbePath}' of a static endpoint is not a path of visible ASCII that starts with /.");
    }
}

/// <summary>How the agent probes endpoints that have no traffic, and all of them where the probe is the source.</summary>
internal sealed class ProbeOptions
{
    /// <summary>Time from one probe of an endpoint to its next, drawn from ±20 % of it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The same for an endpoint without traffic whose last probes all ended alike; the first that differs brings <see cref="Interval"/>
    /// back.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan SteadyInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Limit of one probe, from the connection's start to the answer's first byte.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Probes at the same time, over all endpoints.</summary>
    [Range(1, 256)]
    public int Concurrency { get; set; } = 16;

    /// <summary>How long an endpoint must have had no request before it is probed, where the kernel is the source.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan IdleAfter { get; set; } = TimeSpan.FromSeconds(3);
}

/// <summary>Checks all options and names every fault; the code is generated, so nothing is looked up by reflection.</summary>
[OptionsValidator]
internal sealed partial class AgentOptionsValidator : IValidateOptions<AgentOptions>;
