namespace Aviator.Controller.Collection;

/// <summary>When an agent is asked next. Pure.</summary>
internal static class AgentPullSchedule
{
    /// <summary>
    /// Longest time between two requests, whatever the policies' intervals: reports must not look stale for want of asking.
    /// </summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>Agents read once in that time by themselves; policies that are evaluated less than twice as often need no more.</summary>
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(1);

    /// <summary>The pace at which agents read at most.</summary>
    private static readonly TimeSpan Fastest = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long after its expected read of the counters an agent is asked: sooner, it might just miss the report and wait a whole round.
    /// </summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(30);

    /// <summary>
    /// How often agents are to read, so that each evaluation sees new evidence that is at most half an interval old; null where their own
    /// pace does. They are asked directly then: what they share lies in Redis once in a sub-window.
    /// </summary>
    /// <param name="shortestInterval">The shortest evaluation interval of all policies.</param>
    public static TimeSpan? ReadEvery(TimeSpan shortestInterval)
    {
        if (shortestInterval >= Usual * 2) return null;
        return shortestInterval / 2 > Fastest ? shortestInterval / 2 : Fastest;
    }

    /// <summary>
    /// The pause until the next request: whole sub-windows, about half the shortest evaluation interval, counted from the agent's last
    /// read. So a report is asked for just after it was made, and an agent never more often than it has something new.
    /// </summary>
    /// <param name="shortestInterval">The shortest evaluation interval of all policies.</param>
    /// <param name="subWindow">Time from one of the agent's reads to the next.</param>
    /// <param name="age">Time since its last read.</param>
    public static TimeSpan Next(TimeSpan shortestInterval, TimeSpan subWindow, TimeSpan age)
    {
        if (subWindow <= TimeSpan.Zero) subWindow = TimeSpan.FromSeconds(1);
        if (subWindow > Longest) subWindow = Longest;
        if (age < TimeSpan.Zero) age = TimeSpan.Zero;
        var period = TimeSpan.FromTicks(Math.Min(shortestInterval.Ticks / 2, Longest.Ticks));
        var rounds = Math.Max(1, period.Ticks / subWindow.Ticks);
        var wait = (subWindow * rounds) - age + Slack;
        // A report older than it should be comes from an agent that lags: ask at its own pace, not in a busy loop.
        return wait < subWindow / 2 ? subWindow / 2 : wait;
    }
}
