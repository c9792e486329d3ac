namespace Aviator.AppHost;

/// <summary>What a part is.</summary>
internal enum PartKind
{
    /// <summary>A program that runs until it is told to end.</summary>
    Program,

    /// <summary>A program or script that does its work and ends; it counts as ready when it has ended well.</summary>
    Step,

    /// <summary>A Redis server.</summary>
    Redis,
}

/// <summary>One part of the topology.</summary>
/// <param name="Name">Its name: of the resource, of the log's prefix, of the workload in the manifests.</param>
internal sealed record Part(string Name)
{
    /// <summary>What it is.</summary>
    public PartKind Kind { get; init; }

    /// <summary>A project of this repository by its name, or a script by its path from the root.</summary>
    public string Program { get; init; } = "";

    /// <summary>The program's arguments.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Added to the environment of the host.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The port of its HTTP server, which answers <c>/healthz</c> and <c>/readyz</c>; null without one.</summary>
    public int? Port { get; init; }

    /// <summary>Paths on that port that are worth a look.</summary>
    public IReadOnlyList<string> Links { get; init; } = [];

    /// <summary>Whether it gets the connection string of Redis, as <c>ConnectionStrings__redis</c>.</summary>
    public bool UsesRedis { get; init; }

    /// <summary>The parts that must be ready before it starts.</summary>
    public IReadOnlyList<string> WaitsFor { get; init; } = [];
}
