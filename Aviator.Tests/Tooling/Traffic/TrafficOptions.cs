using System.Net;

namespace Aviator.Tests.Tooling.Traffic;

/// <summary>What to send, how fast, and the limits that keep it bounded.</summary>
internal sealed record TrafficOptions
{
    /// <summary>The address and port every request goes to: a Service's ClusterIP, a node port, or one pod.</summary>
    public required IPEndPoint Target { get; init; }

    /// <summary>
    /// Requests a second. With a rate the load is open-loop: a slow answer holds back no later request, so the shares of the pods are those
    /// of kube-proxy. Null is closed-loop: <see cref="Connections"/> clients send one request after the other.
    /// </summary>
    public double? RequestsPerSecond { get; init; }

    /// <summary>Closed-loop clients, or the most requests in flight of an open-loop load (beyond it, sending waits).</summary>
    public int Connections { get; init; } = 1024;

    /// <summary>Whether a closed-loop client keeps its connection; an open-loop load always makes a new one for each request.</summary>
    public bool KeepAlive { get; init; }

    /// <summary>Request target.</summary>
    public string Path { get; init; } = "/";

    /// <summary>The longest that one request may take, connection included.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// New connections take their source ports from here upwards, one each; null leaves the choice to the kernel. An attempt that met no
    /// listener is remembered by its ports for two minutes (conntrack), address translation included, and a connection that is given the
    /// same port meets the same failure. A load that must not inherit that of another begins where the kernel never chooses: below 32768.
    /// </summary>
    public int? FirstSourcePort { get; init; }

    /// <summary>After so many requests the load ends by itself.</summary>
    public int MaxRequests { get; init; } = 2_000_000;

    /// <summary>After so long the load ends by itself.</summary>
    public TimeSpan MaxDuration { get; init; } = TimeSpan.FromMinutes(10);
}
