namespace Aviator.Core.Boards;

/// <summary>One node that an agent reports from.</summary>
public sealed record NodeBoard
{
    /// <summary>The node's name.</summary>
    public required string Node { get; init; }

    /// <summary>Where its figures come from: "ebpf" or "probe".</summary>
    public required string Source { get; init; }

    /// <summary>The kernel hooks in use, or why there are none; null when unknown.</summary>
    public string? Hooks { get; init; }

    /// <summary>Share (0 to 1) of its exchanges that could be measured of late; null without traffic.</summary>
    public double? Coverage { get; init; }

    /// <summary>Time between its agent's last read of the counters and the moment of the board, in milliseconds.</summary>
    public required double ReportAgeMs { get; init; }

    /// <summary>
    /// Why its kernel leaves connections to kube-proxy that a policy wants steered; null when it steers, or no policy asks it to.
    /// </summary>
    public string? Passing { get; init; }
}
