using System.Collections.Concurrent;
using System.Globalization;
using Aviator.Kubernetes;

namespace Aviator.Controller.Steering;

/// <summary>
/// Remembers what was written and not yet seen to come back. While anything is outstanding for a Service its cache is older than the last
/// decision made on it, so nothing new is concluded: own echoes start nothing, and no write is done twice.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class Expectations(TimeProvider time)
{
    /// <summary>
    /// An echo that has not come by then never will (the object was changed and removed meanwhile); preconditions still guard the writes.
    /// </summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<ObjectKey, ConcurrentDictionary<ObjectKey, Expected>> _byService = new();

    /// <summary>Expects to see the object at this version or a later one; null expects it to be gone, or another of its name.</summary>
    /// <param name="service">The Service that the object belongs to.</param>
    /// <param name="name">The object; a slice, or the Service itself.</param>
    /// <param name="uid">The UID of the object as it was before; empty for one that was created.</param>
    /// <param name="version">The version that the server answered with.</param>
    public void Expect(ObjectKey service, ObjectKey name, string uid, string? version) =>
        _byService.GetOrAdd(service, _ => new())[name] = new Expected(uid, version, time.GetTimestamp());

    /// <summary>Whether everything written has been seen.</summary>
    /// <param name="service">The Service.</param>
    /// <param name="seen">Version and UID of an object in the cache; null when it is not there.</param>
    public bool AreMet(ObjectKey service, Func<ObjectKey, (string Uid, string Version)?> seen)
    {
        if (!_byService.TryGetValue(service, out var open)) return true;
        foreach (var (name, expected) in open)
            if (time.GetElapsedTime(expected.Since) > Limit || IsMet(expected, seen(name)))
                open.TryRemove(KeyValuePair.Create(name, expected));
        if (!open.IsEmpty) return false;
        _byService.TryRemove(service, out _);
        return true;
    }

    /// <summary>Forgets all.</summary>
    public void Clear() => _byService.Clear();

    /// <summary>Forgets a Service.</summary>
    public void Clear(ObjectKey service) => _byService.TryRemove(service, out _);

    private static bool IsMet(Expected expected, (string Uid, string Version)? seen)
    {
        if (expected.Version is not { } version) return seen is null || seen.Value.Uid != expected.Uid;

        // What had been seen before and is not there any more was deleted by another writer: its echo will never come.
        return seen is { } found ? IsAtLeast(found.Version, version) : expected.Uid.Length > 0;
    }

    /// <summary>
    /// Versions are numbers that grow with every write to the store behind the server; where one is not, only equality counts.
    /// </summary>
    private static bool IsAtLeast(string version, string other)
    {
        return TryNumber(version, out var left) && TryNumber(other, out var right) ? left >= right : version == other;

        static bool TryNumber(string text, out ulong number) =>
            ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private sealed record Expected(string Uid, string? Version, long Since);
}
