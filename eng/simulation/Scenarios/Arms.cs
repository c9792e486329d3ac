using Aviator.Core.Decisions;

namespace Aviator.Simulation;

/// <summary>The same scenario, by the same seed, with Aviator and without: what one is worth only the other can say.</summary>
/// <param name="Aviator">The Service with a policy.</param>
/// <param name="AllInUse">The Service as kube-proxy serves it: every ready pod in use.</param>
internal sealed record Arms(Simulator Aviator, Simulator AllInUse)
{
    /// <summary>Plays the scenario in both arms.</summary>
    /// <param name="settings">The policy.</param>
    /// <param name="build">Builds the Service, for a policy or for none.</param>
    /// <param name="play">Runs it.</param>
    public static Arms Play(PolicySettings settings, Func<PolicySettings?, Simulator> build, Action<Simulator> play)
    {
        var arms = new Arms(build(settings), build(null));
        play(arms.Aviator);
        play(arms.AllInUse);
        return arms;
    }

    /// <summary>Both arms' figures since their last mark.</summary>
    public override string ToString() => $"with: {Describe(Aviator)}, {Aviator.Last?.Summary.Active} active, {Aviator.Changes} changes, "
        + $"{Aviator.Trials} trials; all in use: {Describe(AllInUse)}";

    private static string Describe(Simulator arm) =>
        $"p50 {arm.Percentile(0.5):0} ms, p99 {arm.Percentile(0.99):0} ms, {arm.ErrorShare:P2} failed, {arm.ShareAbove(1000):P2} over 1 s";
}
