using System.Globalization;

namespace Aviator.Controller.Leadership;

/// <summary>
/// What is known of the Lease, and for how long it has not changed by the own clock. Clocks of other nodes are never compared with: a
/// holder is alive while its renewals come, whatever time they carry.
/// </summary>
/// <param name="clock">A clock that continues while the process, or the machine, is suspended.</param>
internal sealed class LeaseSight(TimeProvider clock)
{
    private readonly Lock _lock = new();
    private Lease? _last;
    private long _changedAt = clock.GetTimestamp();
    private bool _any;

    /// <summary>The Lease as seen last; null when there was none, or nothing was seen yet.</summary>
    public Lease? Last { get { lock (_lock) return _last; } }

    /// <summary>Whether the Lease that is missing now was held by an uninstall.</summary>
    public bool WasUninstall { get; private set; }

    /// <summary>Time since it was seen to change; since the first look when it never has.</summary>
    public TimeSpan SinceChange { get { lock (_lock) return clock.GetElapsedTime(_changedAt); } }

    /// <summary>Takes the answer of a read, which is the latest there is.</summary>
    public void Read(Lease? lease)
    {
        lock (_lock) Take(lease);
    }

    /// <summary>Takes what a watch brought, unless a read was later than that.</summary>
    public void Heard(Lease? lease)
    {
        lock (_lock)
            if (_last is null || lease is null || Version(lease) > Version(_last))
                Take(lease);
    }

    private void Take(Lease? lease)
    {
        // Labels and the like change the version too; a sign of life is only what the holder itself writes.
        var changed = !_any || lease?.Spec != _last?.Spec || lease?.Uid != _last?.Uid;
        if (changed) _changedAt = clock.GetTimestamp();
        if (changed && _last is not null) WasUninstall = lease is null && _last.Spec.IsUninstall;
        (_last, _any) = (lease, true);
    }

    /// <summary>Versions are numbers that grow with every write; where one is not, the watch's word counts as later.</summary>
    private static ulong Version(Lease lease) =>
        ulong.TryParse(lease.ResourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : ulong.MaxValue;
}
