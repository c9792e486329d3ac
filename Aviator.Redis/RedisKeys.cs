using StackExchange.Redis;

namespace Aviator.Redis;

/// <summary>The names of all keys, and how long what they hold may lie. docs/state.md describes them.</summary>
/// <param name="cluster">Keeps clusters that share a Redis apart; checked by <see cref="IsClusterName"/>.</param>
public sealed class RedisKeys(string cluster)
{
    /// <summary>The name where none is set.</summary>
    public const string DefaultCluster = "default";

    /// <summary>Longest cluster name.</summary>
    private const int MaxClusterName = 63;

    /// <summary>Names of the nodes that have reported: a set.</summary>
    public RedisKey Nodes => $"aviator:{cluster}:nodes";

    /// <summary>What the nodes' names are appended to.</summary>
    public string NodePrefix => $"aviator:{cluster}:node:";

    /// <summary>A node's report.</summary>
    public RedisKey Node(string node) => NodePrefix + node;

    /// <summary>A policy's state.</summary>
    public RedisKey Policy(string ns, string name) => $"aviator:{cluster}:policy:{ns}/{name}";

    /// <summary>Whether a text can name a cluster: letters, digits, dots and dashes.</summary>
    public static bool IsClusterName(string? name) =>
        name is { Length: > 0 and <= MaxClusterName } && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-');

    /// <summary>
    /// How long a node's report lies before it expires. Writer and reader compute it from the report's own sub-window, so that the reader
    /// knows from what is left of it how long the report has lain.
    /// </summary>
    public static TimeSpan LifetimeOf(TimeSpan subWindow) =>
        TimeSpan.FromMilliseconds(Math.Max(15_000, Math.Ceiling(subWindow.TotalMilliseconds) * 4));
}
