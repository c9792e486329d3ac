namespace Aviator.Core.Slices;

/// <summary>Labels, annotations or an equality selector: an immutable map of strings that compares by value.</summary>
internal sealed class LabelSet : IEquatable<LabelSet>
{
    private readonly SortedDictionary<string, string> _labels;

    /// <summary>What <see cref="Without"/> gave last: a Service's selector is asked the same for each pod that it may match.</summary>
    private volatile Rest? _rest;

    public LabelSet(IEnumerable<KeyValuePair<string, string>> labels) => _labels = new(labels.ToDictionary(), StringComparer.Ordinal);

    public static LabelSet Empty { get; } = new([]);

    public int Count => _labels.Count;

    public IEnumerable<KeyValuePair<string, string>> All => _labels;

    public string? Get(string key) => _labels.GetValueOrDefault(key);

    public LabelSet Without(string key)
    {
        if (!_labels.ContainsKey(key)) return this;
        var rest = _rest;
        if (rest?.Key != key) _rest = rest = new(key, new(_labels.Where(label => label.Key != key)));
        return rest.Labels;
    }

    /// <summary>
    /// Whether, taken as a selector, it matches <paramref name="labels"/>; an empty selector matches nothing, as in a Service.
    /// </summary>
    public bool Matches(LabelSet labels) => Count > 0 && _labels.All(label => labels.Get(label.Key) == label.Value);

    public bool Equals(LabelSet? other) => other is not null && (ReferenceEquals(this, other) || _labels.SequenceEqual(other._labels));

    public override bool Equals(object? obj) => Equals(obj as LabelSet);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var (key, value) in _labels) hash.Add(HashCode.Combine(key, value));
        return hash.ToHashCode();
    }

    public override string ToString() => string.Join(',', _labels.Select(label => $"{label.Key}={label.Value}"));

    private sealed record Rest(string Key, LabelSet Labels);
}
