using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Aviator.Core.Decisions;

/// <summary>
/// What is remembered of a policy's endpoints, by key, in the order of the keys. A value. Each evaluation reads it once in order and makes
/// it anew, so it is two arrays: a tree of a thousand records takes longer to build than they take to rank.
/// </summary>
public sealed class EndpointRecordDictionary : IReadOnlyDictionary<string, EndpointRecord>
{
    private readonly string[] _keys;
    private readonly EndpointRecord[] _records;

    private EndpointRecordDictionary(string[] keys, EndpointRecord[] records) => (_keys, _records) = (keys, records);

    /// <summary>Nothing is remembered.</summary>
    public static EndpointRecordDictionary Empty { get; } = new([], []);

    /// <inheritdoc/>
    public int Count => _keys.Length;

    /// <inheritdoc/>
    public IEnumerable<string> Keys => _keys;

    /// <inheritdoc/>
    public IEnumerable<EndpointRecord> Values => _records;

    /// <inheritdoc/>
    public EndpointRecord this[string key] =>
        TryGetValue(key, out var record) ? record : throw new KeyNotFoundException($"Nothing is remembered of \"{key}\".");

    /// <summary>Takes records in any order of their keys.</summary>
    /// <exception cref="ArgumentException">Two have the same key.</exception>
    public static EndpointRecordDictionary From(IEnumerable<KeyValuePair<string, EndpointRecord>> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        var all = records as IReadOnlyCollection<KeyValuePair<string, EndpointRecord>> ?? [.. records];
        var (keys, values, ordered) = (new string[all.Count], new EndpointRecord[all.Count], true);
        var count = 0;
        foreach (var (key, record) in all)
        {
            ordered &= count == 0 || string.CompareOrdinal(keys[count - 1], key) < 0;
            (keys[count], values[count++]) = (key, record);
        }

        if (ordered) return new(keys, values);
        Array.Sort(keys, values, StringComparer.Ordinal);
        for (var i = 1; i < keys.Length; i++)
            if (keys[i] == keys[i - 1])
                throw new ArgumentException($"Two records have the key \"{keys[i]}\".", nameof(records));
        return new(keys, values);
    }

    /// <summary>The same, with this record of this key.</summary>
    public EndpointRecordDictionary With(string key, EndpointRecord record) =>
        From([.. this.Where(known => known.Key != key), KeyValuePair.Create(key, record)]);

    /// <inheritdoc/>
    public bool ContainsKey(string key) => TryGetValue(key, out _);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out EndpointRecord value)
    {
        var at = Array.BinarySearch(_keys, key, StringComparer.Ordinal);
        value = at < 0 ? null : _records[at];
        return at >= 0;
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, EndpointRecord>> GetEnumerator()
    {
        for (var i = 0; i < _keys.Length; i++) yield return KeyValuePair.Create(_keys[i], _records[i]);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The record of a key for one who asks in the order of the keys: the search goes on where the last one ended.</summary>
    /// <param name="key">Not before the last one that was asked for.</param>
    /// <param name="position">0 at first; where the search is.</param>
    internal EndpointRecord? FindNext(string key, ref int position)
    {
        for (; position < _keys.Length; position++)
        {
            var order = string.CompareOrdinal(_keys[position], key);
            if (order >= 0) return order == 0 ? _records[position] : null;
        }

        return null;
    }
}
