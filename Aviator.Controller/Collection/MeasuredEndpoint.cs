using Aviator.Core.Decisions;
using Aviator.Core.Slices;

namespace Aviator.Controller.Collection;

/// <summary>A ready endpoint of a Service as Kubernetes names it: what the measurements are looked up by.</summary>
/// <param name="Key">The pod's UID.</param>
/// <param name="Name">The pod's name.</param>
/// <param name="Address">The pod's IP address, canonical text.</param>
/// <param name="Port">The port whose latency decides, as the pod listens on it.</param>
/// <param name="Node">Its node; null when unknown.</param>
/// <param name="Domain">Its routing domain: see <see cref="RoutingDomains"/>. Empty when every client reaches every endpoint.</param>
/// <param name="Age">Time since it became ready; null when unknown.</param>
public sealed record MeasuredEndpoint(
    string Key, string Name, string Address, int Port, string? Node = null, string Domain = "", TimeSpan? Age = null)
{
    /// <summary>What its pod says against measuring it.</summary>
    public MeasuringObstacle Obstacle { get; init; }

    /// <summary>Whether it is of the policy's canary.</summary>
    public bool Canary { get; init; }
}
