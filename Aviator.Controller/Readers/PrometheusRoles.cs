namespace Aviator.Controller.Readers;

/// <summary>
/// What the Prometheus objects of a cluster say that their ServiceMonitors read. Not which of them has which monitor: one that reads
/// Endpoints makes all suspect. Not thread-safe; one for each listing.
/// </summary>
internal sealed class PrometheusRoles
{
    private int _count;
    private int _bySlices;

    /// <summary>Whether there is at least one, and all read slices.</summary>
    public bool AreAllBySlices => _count > 0 && _bySlices == _count;

    /// <summary>Takes one in. It is no reader by itself.</summary>
    public Reader? Note(ForeignObject prometheus)
    {
        _count++;
        if (PrometheusReaders.IsBySlices(prometheus)) _bySlices++;
        return null;
    }
}
