using Aviator.Tests.Tooling.Processes;


namespace Aviator.Demo;

/// <summary>How the demo runs. The phases are as short as the promises allow: the whole stays under three minutes.</summary>
internal sealed record DemoOptions
{
    /// <summary>The namespace that the demo makes and removes.</summary>
    public const string Namespace = "aviator-demo";

    /// <summary>The kubeconfig of the cluster.</summary>
    public required string Kubeconfig { get; init; }

    /// <summary>Where logs and figures go.</summary>
    public string Artifacts { get; init; } = Path.Combine(AviatorProgram.Root, "artifacts");

    /// <summary>Whether the workload stays at the end.</summary>
    public bool Keep { get; init; }

    /// <summary>Requests a second through the Service, each on a new connection.</summary>
    public double RequestsPerSecond { get; init; } = 200;

    /// <summary>How fast the fast pods answer.</summary>
    public TimeSpan Fast { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>How slow the slow pods answer.</summary>
    public TimeSpan Slow { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Traffic without Aviator.</summary>
    public TimeSpan Before { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Steady state, after steering and again after the shift.</summary>
    public TimeSpan Steady { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Traffic continues for at least so long after the release.</summary>
    public TimeSpan After { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest wait for the traffic to follow.</summary>
    public TimeSpan MoveLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Reads the environment: KUBECONFIG, KEEP.</summary>
    /// <exception cref="InvalidOperationException">Something is missing; the message says what to do.</exception>
    public static DemoOptions FromEnvironment() => new()
    {
        Kubeconfig = Environment.GetEnvironmentVariable("KUBECONFIG") is { Length: > 0 } path && File.Exists(path)
            ? path
            : throw new InvalidOperationException(
            "KUBECONFIG names no file: run 'make demo', which brings up a cluster, or 'make cluster' first."),
        Keep = Environment.GetEnvironmentVariable("KEEP") is "1",
    };
}
