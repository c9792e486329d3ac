namespace Aviator.Core.Boards;

/// <summary>
/// All that the controller shows people at one moment: the answer of <c>GET /board</c>. A value: it is replaced as a whole and never
/// changes. All times are Unix times in milliseconds by the controller's clock; a reader counts down from <see cref="AtMs"/>, not from its
/// own clock.
/// </summary>
public sealed record Board
{
    /// <summary>The version of this format that the code at hand writes. Fields may be added to a version, never changed.</summary>
    public const int CurrentVersion = 1;

    /// <summary>The format's version; a reader refuses one that it does not know.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>When the board was made, in Unix milliseconds.</summary>
    public required long AtMs { get; init; }

    /// <summary>The controller's replica that made it: the name of its pod, or of its machine outside a cluster.</summary>
    public required string Replica { get; init; }

    /// <summary>Whether this replica leads. One that does not decides nothing, so its board has no policies.</summary>
    public required bool Leads { get; init; }

    /// <summary>The replica that leads; null while none is known.</summary>
    public string? Leader { get; init; }

    /// <summary>What is not on the board because there is too much of it, as a sentence; null when nothing is missing.</summary>
    public string? Cut { get; init; }

    /// <summary>The policies, by namespace and name.</summary>
    public IReadOnlyList<PolicyBoard> Policies { get; init; } = [];

    /// <summary>The nodes that reports came from, by name.</summary>
    public IReadOnlyList<NodeBoard> Nodes { get; init; } = [];
}
