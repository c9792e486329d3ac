using System.Globalization;

namespace Aviator.Tests.Tooling;

/// <summary>
/// How long the tests wait, and how long things may take, in one place. AVIATOR_TEST_PATIENCE (default 1) multiplies all of them on a
/// machine that is slower, or busier, than the two quiet cores they were chosen for. What a test says about ratios is not touched by it.
/// </summary>
internal static class TimeLimits
{
    private const string Variable = "AVIATOR_TEST_PATIENCE";
    private const double Longest = 20;

    private static readonly double Patience = ReadPatience(Environment.GetEnvironmentVariable(Variable));

    // Waits: generous, since only a failure takes so long.

    /// <summary>For something in this process, or on loopback.</summary>
    public static TimeSpan InProcess { get; } = Seconds(10);

    /// <summary>For an answer over loopback that a peer sends without delay.</summary>
    public static TimeSpan Answer { get; } = Seconds(5);

    /// <summary>For a program of ours to start and be ready.</summary>
    public static TimeSpan ProgramReady { get; } = Seconds(40);

    /// <summary>For a program to end in order.</summary>
    public static TimeSpan ProgramEnd { get; } = Seconds(10);

    /// <summary>For a decision to show on the cluster.</summary>
    public static TimeSpan Decision { get; } = Seconds(45);

    /// <summary>For a release, own slices gone included.</summary>
    public static TimeSpan Release { get; } = Seconds(75);

    /// <summary>For Kubernetes itself to do something: slices, endpoints, an object to go.</summary>
    public static TimeSpan Kubernetes { get; } = Seconds(20);

    /// <summary>For what Kubernetes collects in its own time: a namespace with all that is in it, a release of Helm.</summary>
    public static TimeSpan Collection { get; } = Seconds(240);

    // Promises of the product, on a real cluster.

    /// <summary>Within this a pod that is unready, or gone, is out of the Service.</summary>
    public static TimeSpan PodLeaves { get; } = Seconds(1);

    /// <summary>Within this a pod that is gone is out of the Service while the leader hangs and nobody has taken over yet.</summary>
    public static TimeSpan PodLeavesWithoutLeader { get; } = Seconds(2);

    /// <summary>Within this a pod that is ready again is in use.</summary>
    public static TimeSpan PodReturns { get; } = Seconds(1);

    /// <summary>Within this a new ready pod is in use.</summary>
    public static TimeSpan PodEnters { get; } = Seconds(2);

    /// <summary>Within this a leader that ends in order hands over.</summary>
    public static TimeSpan HandOver { get; } = Seconds(2);

    /// <summary>Within this a leader that was killed has a successor that decides.</summary>
    public static TimeSpan Failover { get; } = Seconds(20);

    /// <summary>As long as slices may disagree on an address after another client changed the selector.</summary>
    public static TimeSpan Disagreement { get; } = Seconds(1);

    /// <summary>A limit that only one test has.</summary>
    /// <param name="seconds">On a machine as fast as it was chosen for.</param>
    public static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds * Patience);

    /// <summary>The factor that the variable gives; 1 without it.</summary>
    /// <exception cref="InvalidOperationException">It is no number from 1 to 20.</exception>
    internal static double ReadPatience(string? text)
    {
        if (string.IsNullOrEmpty(text)) return 1;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var factor) && factor is >= 1 and <= Longest
            ? factor
            : throw new InvalidOperationException($"{Variable}={text}: give a number from 1 to {Longest}, such as 2.5, or unset it.");
    }
}
