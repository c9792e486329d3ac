using Aviator.Kubernetes;
using Microsoft.Extensions.Options;

namespace Aviator.Controller.Roles.Watchdog;

/// <summary>The watchdog's settings; section <c>Watchdog</c>.</summary>
internal sealed class WatchdogOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Watchdog";

    /// <summary>Path of a kubeconfig; without one KUBECONFIG, else the user's default file, else the pod's account.</summary>
    public string? Kubeconfig { get; set; }

    /// <summary>The one namespace whose Services are released; all without one.</summary>
    public string? Namespace { get; set; }

    /// <summary>The controllers' Lease.</summary>
    public string LeaseName { get; set; } = AviatorNames.LeaseName;

    /// <summary>Its namespace; without one the namespace of the own pod.</summary>
    public string? LeaseNamespace { get; set; }

    /// <summary>
    /// How long no controller may have renewed the Lease before every steered Service is released; 5 s to 1 h. Where the Lease itself says
    /// that it stands longer, a standby gets its turn first: then it is the Lease's duration and 5 s.
    /// </summary>
    public TimeSpan ReleaseAfter { get; set; } = TimeSpan.FromSeconds(30);
}

/// <summary>Checks the settings. Every fault is named, not only the first.</summary>
internal sealed class WatchdogOptionsValidator : IValidateOptions<WatchdogOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, WatchdogOptions options)
    {
        var faults = new List<string>();
        if (options.Kubeconfig is { Length: > 0 } path && !File.Exists(path))
            faults.Add($"{WatchdogOptions.Section}:Kubeconfig: there is no file {path}");
        if (string.IsNullOrWhiteSpace(options.LeaseName)) faults.Add($"{WatchdogOptions.Section}:LeaseName: is empty");
        if (options.ReleaseAfter < TimeSpan.FromSeconds(5) || options.ReleaseAfter > TimeSpan.FromHours(1))
            faults.Add($"{WatchdogOptions.Section}:ReleaseAfter: {options.ReleaseAfter:c} is not 00:00:05 to 01:00:00");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
