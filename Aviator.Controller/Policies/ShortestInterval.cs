namespace Aviator.Controller.Policies;

/// <summary>The shortest evaluation interval of all valid policies, read anew only after one has changed: it is asked for often.</summary>
internal sealed class ShortestInterval
{
    private readonly PolicyStore _policies;
    private readonly TimeSpan _without;
    private readonly Lock _gate = new();
    private TimeSpan? _known;

    /// <param name="policies">The policies.</param>
    /// <param name="without">What to say where there is none.</param>
    public ShortestInterval(PolicyStore policies, TimeSpan without)
    {
        (_policies, _without) = (policies, without);
        policies.Policies.Subscribe(_ =>
        {
            lock (_gate) _known = null;
        });
    }

    /// <summary>As of the policies seen last.</summary>
    public TimeSpan Value
    {
        get
        {
            lock (_gate)
            {
                return _known ??= _policies.Policies.All()
                    .Select(entry => SpecReader.Read(entry.Value.Spec, out _)?.Settings.EvaluationInterval)
                    .OfType<TimeSpan>().DefaultIfEmpty(_without).Min();
            }
        }
    }
}
