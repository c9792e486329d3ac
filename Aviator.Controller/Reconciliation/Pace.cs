using Aviator.Controller.Collection;

namespace Aviator.Controller.Reconciliation;

/// <summary>When a policy is evaluated next.</summary>
internal sealed class Pace
{
    /// <summary>Longest time that a selection found in place is kept before it is judged.</summary>
    private static readonly TimeSpan LongestWarmUp = TimeSpan.FromSeconds(30);

    /// <summary>How often a policy is looked at while it warms up: changes of the cluster bring it up anyway.</summary>
    private static readonly TimeSpan WarmUpPoll = TimeSpan.FromSeconds(1);

    private long _generation;
    private string _members = "";
    private TimeSpan? _warmingUntil;
    private bool _hasPlace;

    /// <summary>Monotonic time of the next regular evaluation.</summary>
    public TimeSpan NextDue { get; private set; }

    /// <summary>Whether a selection found in place is kept as it is, because the windows are still filling.</summary>
    public bool IsWarming => _warmingUntil is not null;

    /// <summary>Begins to keep the selection that was found in place, for the endpoints that there are.</summary>
    public void StartWarmUp(PolicyCase policyCase) =>
        (_warmingUntil, _members) = (policyCase.Now + LongestWarmUp, MeasuredEndpoints.Fingerprint(policyCase.Members));

    /// <summary>
    /// Ends the warm-up once the selection found in place may be judged: when <paramref name="isFilled"/> says so, at the latest after the
    /// longest warm-up.
    /// </summary>
    /// <param name="now">Monotonic time.</param>
    /// <param name="isFilled">Whether the windows reach back far enough; asked only if it matters.</param>
    public void EndWarmUp(TimeSpan now, Func<bool> isFilled)
    {
        if (_warmingUntil is { } until && (now >= until || isFilled())) (_warmingUntil, NextDue, _hasPlace) = (null, now, false);
    }

    /// <summary>
    /// Due at its time, at once after a change of the spec, and in between when an endpoint came or went. While the selection found in
    /// place is kept only the latter counts: an endpoint that is gone needs a replacement then too.
    /// </summary>
    /// <param name="policyCase">The policy as seen now.</param>
    /// <param name="onTime">Whether it is a regular evaluation, and not one in between.</param>
    public bool IsDue(PolicyCase policyCase, out bool onTime)
    {
        onTime = !IsWarming && (policyCase.Now >= NextDue || _generation != policyCase.Generation);
        return onTime || _members != MeasuredEndpoints.Fingerprint(policyCase.Members);
    }

    /// <summary>
    /// Notes an evaluation. A regular one sets the time of the next; evaluations that were missed are not caught up with. The first is
    /// followed sooner, by up to half an interval: the policies that a controller finds at its start would else all be evaluated in the
    /// same moment for ever.
    /// </summary>
    public void Evaluated(PolicyCase policyCase, bool onTime)
    {
        (_members, _generation) = (MeasuredEndpoints.Fingerprint(policyCase.Members), policyCase.Generation);
        if (!onTime) return;
        var interval = policyCase.Terms.Settings.EvaluationInterval;
        if (_hasPlace)
            NextDue = NextDue + interval > policyCase.Now ? NextDue + interval : policyCase.Now + interval;
        else
            (_hasPlace, NextDue) = (true, policyCase.Now + (interval * (0.5 + (Place(policyCase) / 2))));
    }

    /// <summary>A policy's place among others: from 0 to 1, the same for as long as the process lives.</summary>
    private static double Place(PolicyCase policyCase) =>
        (uint)policyCase.Policy.Metadata.Uid.GetHashCode(StringComparison.Ordinal) / (double)uint.MaxValue;

    /// <summary>Time until the policy has to be looked at again.</summary>
    public TimeSpan Remaining(TimeSpan now)
    {
        if (IsWarming) return WarmUpPoll;
        var remaining = NextDue - now;
        return remaining > TimeSpan.Zero ? remaining : TimeSpan.FromMilliseconds(1);
    }
}
