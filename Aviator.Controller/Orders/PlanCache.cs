namespace Aviator.Controller.Orders;

/// <summary>
/// The plan that all agents are ordered by: worked out once and not once for each, again after a change, and every so often for what no
/// change tells of (requests in flight). Safe for several threads.
/// </summary>
/// <param name="plan">Works it out.</param>
/// <param name="next">Completes with the next change.</param>
/// <param name="time">The clock.</param>
internal sealed class PlanCache(Func<SteeringPlan> plan, Func<Task> next, TimeProvider time)
{
    /// <summary>Longest use of one plan.</summary>
    public static readonly TimeSpan UseFor = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private SteeringPlan? _current;
    private Task _outdated = Task.CompletedTask;
    private long _at;

    /// <summary>The plan as of the last change.</summary>
    public SteeringPlan Current()
    {
        lock (_lock)
        {
            if (_current is not null && !_outdated.IsCompleted && time.GetElapsedTime(_at) < UseFor) return _current;
            // What changes during the work makes the result outdated.
            (_outdated, _at) = (next(), time.GetTimestamp());
            return _current = plan();
        }
    }
}
