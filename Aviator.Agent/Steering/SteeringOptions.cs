using System.ComponentModel.DataAnnotations;

namespace Aviator.Agent.Steering;

/// <summary>Carrying out the leader's orders in this node's kernel: section <c>Agent:Steering</c>.</summary>
internal sealed class SteeringOptions : IValidatableObject
{
    internal const string DefaultPinPath = "/sys/fs/bpf/aviator";

    /// <summary>Whether orders are carried out. Without it each is answered with <c>steering: false</c> and nothing is attached.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>
    /// The folder in a BPF file system in which programs and table are pinned, so that connects are steered while the agent restarts.
    /// </summary>
    [Required(ErrorMessage = "Steering:PinPath is empty: give a folder in a BPF file system, such as /sys/fs/bpf/aviator.")]
    public string PinPath { get; set; } = DefaultPinPath;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (PinPath.Length > 0 && (!Path.IsPathFullyQualified(PinPath) || Path.GetPathRoot(PinPath) == PinPath))
            yield return new ValidationResult($"Steering:PinPath '{PinPath}' is not the full path of a folder.");
    }
}
