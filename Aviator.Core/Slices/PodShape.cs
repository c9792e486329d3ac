namespace Aviator.Core.Slices;

/// <summary>A named port of a container.</summary>
internal sealed record ContainerPort(string Name, string Protocol, int Port);

/// <summary>What membership needs to know of a pod.</summary>
internal sealed record PodShape
{
    public required string Namespace { get; init; }

    public required string Name { get; init; }

    public required string Uid { get; init; }

    public required LabelSet Labels { get; init; }

    /// <summary>Its addresses, at most one of each family, in canonical text form.</summary>
    public required ValueList<string> Addresses { get; init; }

    /// <summary>The Ready condition: readiness probes and gates passed. Running alone says nothing.</summary>
    public required bool Ready { get; init; }

    /// <summary>When <see cref="Ready"/> last changed, in RFC 3339 and UTC; null when unknown.</summary>
    public string? ReadyChangedAt { get; init; }

    /// <summary>Being deleted.</summary>
    public bool Terminating { get; init; }

    /// <summary>Succeeded or failed: it will not come back under this UID.</summary>
    public bool Finished { get; init; }

    public string? NodeName { get; init; }

    public string? Hostname { get; init; }

    public string? Subdomain { get; init; }

    public ValueList<ContainerPort> Ports { get; init; } = [];

    public string? AddressOf(AddressFamily family) =>
        Addresses.FirstOrDefault(address => address.Contains(':', StringComparison.Ordinal) == (family == AddressFamily.IPv6));
}
