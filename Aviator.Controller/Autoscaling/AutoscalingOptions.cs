using System.Net;
using Microsoft.Extensions.Options;

namespace Aviator.Controller.Autoscaling;

/// <summary>Figures for autoscalers; section <c>Aviator:Autoscaling</c>.</summary>
internal sealed class AutoscalingOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Aviator:Autoscaling";

    /// <summary>Whether the external metrics API and the JSON for KEDA are served.</summary>
    public bool Enabled { get; set; }

    /// <summary>The HTTPS port, 1 to 65535.</summary>
    public int Port { get; set; } = 9468;

    /// <summary>The certificate that is served, PEM, with those that lead to its authority behind it; read again when it changes.</summary>
    public string CertificateFile { get; set; } = "";

    /// <summary>Its private key, PEM.</summary>
    public string KeyFile { get; set; } = "";

    /// <summary>
    /// The audience that tokens of direct callers must be made for; the API server's own without one, since KEDA has no other to show.
    /// </summary>
    public string? Audience { get; set; }

    /// <summary>The IP address at which the API server reaches this process; without one it is published nowhere.</summary>
    public string? Address { get; set; }

    /// <summary>The Service, without a selector, that the APIService names: while this process leads, it leads here.</summary>
    public string Service { get; set; } = "aviator-autoscaling";

    /// <summary>The Service's namespace; without one the pod's, from POD_NAMESPACE.</summary>
    public string? ServiceNamespace { get; set; }
}

/// <summary>Checks the settings. Every fault is named, not only the first.</summary>
internal sealed class AutoscalingOptionsValidator : IValidateOptions<AutoscalingOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, AutoscalingOptions options)
    {
        if (!options.Enabled) return ValidateOptionsResult.Success;
        var faults = new List<string>();
        if (options.Port is < 1 or > 65535) faults.Add($"{AutoscalingOptions.Section}:Port: {options.Port} is not 1 to 65535");
        Exists(nameof(options.CertificateFile), options.CertificateFile);
        Exists(nameof(options.KeyFile), options.KeyFile);
        if (options.Address is { Length: > 0 } address && !IPAddress.TryParse(address, out _))
            faults.Add($"{AutoscalingOptions.Section}:Address: \"{address}\" is not an IP address");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        void Exists(string option, string path)
        {
            if (path.Length == 0) faults.Add($"{AutoscalingOptions.Section}:{option}: is empty; name a PEM file");
            else if (!File.Exists(path)) faults.Add($"{AutoscalingOptions.Section}:{option}: there is no file {path}");
        }
    }
}
