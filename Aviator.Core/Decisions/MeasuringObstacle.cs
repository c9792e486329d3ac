namespace Aviator.Core.Decisions;

/// <summary>Why nothing can be measured of a pod, whatever its traffic is.</summary>
public enum MeasuringObstacle
{
    /// <summary>There is no obstacle.</summary>
    None,

    /// <summary>It uses the node's network, so its address is the node's own and it has no row in the node's report.</summary>
    HostNetwork,

    /// <summary>It runs in a sandbox with its own kernel or network stack, so its sockets are not the node's.</summary>
    Sandbox,
}

/// <summary>Puts obstacles into words.</summary>
internal static class ObstacleText
{
    private static readonly (MeasuringObstacle Obstacle, string One, string Many)[] Causes =
    [
        (MeasuringObstacle.HostNetwork, "uses the node's network (hostNetwork)", "use the node's network (hostNetwork)"),
        (MeasuringObstacle.Sandbox, "runs in a sandbox with its own network stack (gVisor, Kata)",
            "run in a sandbox with its own network stack (gVisor, Kata)"),
    ];

    /// <summary>Why one endpoint cannot be measured; empty when nothing stands against it.</summary>
    public static string Explain(MeasuringObstacle obstacle)
    {
        foreach (var (cause, one, _) in Causes)
            if (cause == obstacle) return $"cannot be measured, it {one}";
        return "";
    }

    /// <summary>How many endpoints have which obstacle: "2 use the node's network (hostNetwork)"; one text for each that occurs.</summary>
    public static IEnumerable<string> Count(IReadOnlyCollection<EndpointEvaluation> endpoints)
    {
        foreach (var (cause, one, many) in Causes)
        {
            var count = endpoints.Count(endpoint => endpoint.Observed.Obstacle == cause);
            if (count > 0) yield return $"{count} {(count == 1 ? one : many)}";
        }
    }
}
