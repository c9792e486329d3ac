using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aviator.AppHost;

/// <summary>How far a resource is on its way.</summary>
internal enum ProgressStage
{
    /// <summary>It waits, starts, or is not healthy yet.</summary>
    Pending,

    /// <summary>It runs and is healthy, or has finished its work.</summary>
    Ready,

    /// <summary>It could not start, or ended with an error.</summary>
    Failed,
}

/// <summary>A resource's state in a few words.</summary>
/// <param name="Stage">How far it is.</param>
/// <param name="Description">The words.</param>
internal sealed record ResourceProgress(ProgressStage Stage, string Description)
{
    /// <summary>Puts a snapshot into words.</summary>
    /// <param name="snapshot">The state as Aspire has it.</param>
    /// <param name="awaited">What the resource still waits for.</param>
    public static ResourceProgress Of(CustomResourceSnapshot snapshot, IReadOnlyCollection<string> awaited)
    {
        var state = snapshot.State?.Text;
        if (state == KnownResourceStates.Waiting && awaited.Count > 0) return new(ProgressStage.Pending, $"waits for {string.Join(", ", awaited)}");
        if (state == KnownResourceStates.FailedToStart) return new(ProgressStage.Failed, "could not start");
        if (KnownResourceStates.TerminalStates.Contains(state)) return Ended(snapshot.ExitCode ?? 0);
        if (snapshot.State?.Style == KnownResourceStateStyles.Warn) return new(ProgressStage.Ready, InMemory(snapshot));
        if (state != KnownResourceStates.Running) return new(ProgressStage.Pending, "starts");
        return snapshot.HealthStatus is HealthStatus.Healthy ? new(ProgressStage.Ready, "is healthy") : new(ProgressStage.Pending, "runs, not healthy yet");
    }

    private static ResourceProgress Ended(int exitCode) =>
        exitCode == 0 ? new(ProgressStage.Ready, "has finished") : new(ProgressStage.Failed, $"ended with exit code {exitCode}");

    private static string InMemory(CustomResourceSnapshot snapshot) =>
        $"is kept in memory: {snapshot.Properties.FirstOrDefault(p => p.Name == "Reason")?.Value}";
}
