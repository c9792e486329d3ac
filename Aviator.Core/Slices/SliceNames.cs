namespace Aviator.Core.Slices;

/// <summary>
/// Names for new slices: <c>web-aviator-v4-1</c>, the first free number. A fixed name makes a create that is sent twice (its answer got
/// lost) a conflict instead of a second slice.
/// </summary>
internal sealed class SliceNames(ServiceShape service, IEnumerable<string> taken)
{
    /// <summary>Most plans need no new slice, and a namespace may have thousands.</summary>
    private readonly Lazy<HashSet<string>> _taken = new(() => taken.ToHashSet(StringComparer.Ordinal));

    public string Next(AddressFamily family)
    {
        for (var number = 1; ; number++)
        {
            var name = $"{service.Name}-aviator-{(family == AddressFamily.IPv4 ? "v4" : "v6")}-{number}";
            if (_taken.Value.Add(name)) return name;
        }
    }
}
