using System.Diagnostics.CodeAnalysis;

namespace Aviator.Agent.Access;

/// <summary>One remembered verdict.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="At">Timestamp of the API server's word.</param>
internal sealed record RememberedVerdict(TokenVerdict Verdict, long At);

/// <summary>Verdicts by the token's hash, of which the oldest go first when there are too many. Not safe for concurrent use.</summary>
/// <param name="size">Verdicts at most.</param>
internal sealed class TokenMemory(int size)
{
    private readonly Dictionary<string, LinkedListNode<(string Key, RememberedVerdict Value)>> _entries = new(StringComparer.Ordinal);

    /// <summary>In the order in which they came, oldest first: each new word of the API server puts its token last.</summary>
    private readonly LinkedList<(string Key, RememberedVerdict Value)> _order = [];

    /// <summary>How many are remembered.</summary>
    public int Count => _entries.Count;

    /// <summary>Finds a verdict, however old.</summary>
    public bool TryGet(string key, [NotNullWhen(true)] out RememberedVerdict? verdict)
    {
        verdict = _entries.TryGetValue(key, out var node) ? node.Value.Value : null;
        return verdict is not null;
    }

    /// <summary>Remembers a verdict in place of the one before.</summary>
    public void Set(string key, RememberedVerdict verdict)
    {
        Remove(key);
        while (_entries.Count >= size) Remove(_order.First!.Value.Key);
        _entries[key] = _order.AddLast((key, verdict));
    }

    /// <summary>Forgets a verdict.</summary>
    public void Remove(string key)
    {
        if (_entries.Remove(key, out var node)) _order.Remove(node);
    }

    /// <summary>Forgets all that came before a moment.</summary>
    public void ForgetBefore(long timestamp)
    {
        while (_order.First is { } oldest && oldest.Value.Value.At < timestamp) Remove(oldest.Value.Key);
    }
}
