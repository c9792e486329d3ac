using Aviator.Core.Measurement;

namespace Aviator.Agent.Counters;

/// <summary>
/// One endpoint's counters as its reader may see them: they start at zero and only grow, whatever the kernel's counters did before the
/// endpoint had the address (they belong to another pod) or when they start again from zero (an entry evicted and made again).
/// </summary>
internal sealed class CounterChain
{
    private EndpointCounters _base;
    private EndpointCounters _last;
    private EndpointCounters _carried = EndpointCounters.Zero;

    /// <summary>Starts at the kernel's counters as they are now: what they hold is not this endpoint's.</summary>
    public CounterChain(EndpointCounters start) => _base = _last = start;

    /// <summary>Requests, failures and samples of this endpoint so far.</summary>
    public EndpointCounters Total => CounterMath.Add(_carried, CounterMath.Since(_last, _base) ?? EndpointCounters.Zero);

    /// <summary>Takes the kernel's counters and returns what was added since the last time.</summary>
    /// <param name="read">The counters as read.</param>
    /// <param name="restarted">Whether they went down, so that they count from zero again.</param>
    public EndpointCounters Advance(EndpointCounters read, out bool restarted)
    {
        restarted = false;
        if (CounterMath.SameTotals(read, _last)) return EndpointCounters.Zero;
        var added = CounterMath.Since(read, _last);
        if (added is null)
        {
            restarted = true;
            _carried = Total;
            _base = EndpointCounters.Zero;
            added = read;
        }

        _last = read;
        return added;
    }
}
