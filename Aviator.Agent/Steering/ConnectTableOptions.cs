namespace Aviator.Agent.Steering;

/// <summary>Where the kernel's table of Services is kept and how much it holds.</summary>
internal sealed class ConnectTableOptions
{
    /// <summary>Last part of the directory's path: the version of the names in it.</summary>
    internal const string Version = "v1";

    /// <summary>Where links and maps are pinned by default.</summary>
    internal const string DefaultPinDirectory = SteeringOptions.DefaultPinPath + "/" + Version;

    /// <summary>A directory below a mounted bpffs; it is created, and belongs to the table alone.</summary>
    public string PinDirectory { get; init; } = DefaultPinDirectory;

    /// <summary>
    /// Addresses and ports of Services, 1 to 65,536; about 160 bytes each. The default does for 4,096 Services of two ports in two
    /// families.
    /// </summary>
    public int MaxServices { get; init; } = 16_384;

    /// <summary>
    /// Endpoints of positive weight over all of them, 1 to 1,048,576; 80 bytes each. One update needs room for what it replaces as well.
    /// </summary>
    public int MaxEndpoints { get; init; } = 131_072;

    /// <exception cref="ArgumentOutOfRangeException">A size is out of its range.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxServices, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxServices, 65_536);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxEndpoints, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxEndpoints, 1_048_576);
    }
}
