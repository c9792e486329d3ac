using Microsoft.Extensions.Options;

namespace Aviator.Controller.Roles.Release;

/// <summary>
/// The settings of the release before an uninstall; section <c>Release</c>. Cluster and Lease are the controller's own settings.
/// </summary>
internal sealed class ReleaseOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Release";

    /// <summary>Everything has to be released by then; 1 min to 1 h. Below the limit of Helm's hooks, which is 5 min by default.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(4);

    /// <summary>How long controllers stay away afterwards, unless <see cref="Deployment"/> goes before; 1 min to 1 day.</summary>
    public TimeSpan HoldFor { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The controllers' Deployment, beside the Lease. When it is named the Lease goes with it, so that a new installation starts at once.
    /// </summary>
    public string? Deployment { get; set; }
}

/// <summary>Checks the settings. Every fault is named, not only the first.</summary>
internal sealed class ReleaseOptionsValidator : IValidateOptions<ReleaseOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, ReleaseOptions options)
    {
        var faults = new List<string>();
        if (options.Timeout < TimeSpan.FromMinutes(1) || options.Timeout > TimeSpan.FromHours(1))
            faults.Add($"{ReleaseOptions.Section}:Timeout: {options.Timeout:c} is not 00:01:00 to 01:00:00");
        if (options.HoldFor < TimeSpan.FromMinutes(1) || options.HoldFor > TimeSpan.FromDays(1))
            faults.Add($"{ReleaseOptions.Section}:HoldFor: {options.HoldFor:c} is not 00:01:00 to 1.00:00:00");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
