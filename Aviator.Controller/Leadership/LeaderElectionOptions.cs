using Aviator.Kubernetes;
using Microsoft.Extensions.Options;

namespace Aviator.Controller.Leadership;

/// <summary>How replicas of the controller agree on the one that writes; section <c>Aviator:LeaderElection</c>.</summary>
internal sealed class LeaderElectionOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Aviator:LeaderElection";

    /// <summary>Whether there may be other replicas. Without it this process leads from the start.</summary>
    public bool Enabled { get; set; }

    /// <summary>The Lease's name.</summary>
    public string LeaseName { get; set; } = AviatorNames.LeaseName;

    /// <summary>The Lease's namespace; without one the namespace of the own pod.</summary>
    public string? LeaseNamespace { get; set; }

    /// <summary>
    /// The name under which this process holds the Lease; by default the host's name and a random end, as no two processes may share one.
    /// </summary>
    public string? Identity { get; set; }

    /// <summary>How long others leave an unchanged Lease alone; 2 s to 5 min, in whole seconds.</summary>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long after its last renewal a leader may write; below <see cref="LeaseDuration"/>, so that it has stopped before another begins.
    /// </summary>
    public TimeSpan RenewDeadline { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Pause between two renewals, and between two looks of those who wait; below half of <see cref="RenewDeadline"/>.</summary>
    public TimeSpan RetryPeriod { get; set; } = TimeSpan.FromSeconds(2);
}

/// <summary>Checks the settings. Every fault is named, not only the first.</summary>
internal sealed class LeaderElectionOptionsValidator : IValidateOptions<LeaderElectionOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, LeaderElectionOptions options)
    {
        if (!options.Enabled) return ValidateOptionsResult.Success;
        var faults = new List<string>();
        if (string.IsNullOrWhiteSpace(options.LeaseName)) faults.Add($"{LeaderElectionOptions.Section}:LeaseName: is empty");
        if (options.Identity == LeaseHolders.Uninstall)
            faults.Add($"{LeaderElectionOptions.Section}:Identity: \"{LeaseHolders.Uninstall}\" means an uninstall; choose another");
        var (duration, deadline, period) = (options.LeaseDuration, options.RenewDeadline, options.RetryPeriod);
        if (duration < TimeSpan.FromSeconds(2) || duration > TimeSpan.FromMinutes(5) || duration.Ticks % TimeSpan.TicksPerSecond != 0)
            faults.Add($"{LeaderElectionOptions.Section}:LeaseDuration: {duration:c} is not 00:00:02 to 00:05:00 in whole seconds");
        if (deadline >= duration)
            faults.Add($"{LeaderElectionOptions.Section}:RenewDeadline: {deadline:c} is not below LeaseDuration ({duration:c})");
        if (period < TimeSpan.FromMilliseconds(100) || period * 2 > deadline)
            faults.Add(
                $"{LeaderElectionOptions.Section}:RetryPeriod: {period:c} is not 00:00:00.1 to half of RenewDeadline ({deadline:c})");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
