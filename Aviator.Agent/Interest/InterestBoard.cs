namespace Aviator.Agent.Interest;

/// <summary>How far the agent knows what to measure.</summary>
internal enum InterestState
{
    /// <summary>Nothing was learned yet.</summary>
    Waiting,

    /// <summary>The plan is complete and kept up to date.</summary>
    Current,

    /// <summary>There is a plan, and a reason to look at: the last known one is used, or there is nothing to plan from.</summary>
    Impaired,
}

/// <summary>Where the present plan stands. One writer, which makes the plan; every reader sees a whole plan.</summary>
internal sealed class InterestBoard
{
    private readonly Lock _gate = new();
    private InterestPlan _plan = InterestPlan.Empty;
    private InterestState _state = InterestState.Waiting;
    private string _reason = "no endpoints are known yet";

    /// <summary>The present plan.</summary>
    public InterestPlan Plan { get { lock (_gate) return _plan; } }

    /// <summary>How far it can be relied on, and why not further.</summary>
    public (InterestState State, string Reason) Status { get { lock (_gate) return (_state, _reason); } }

    /// <summary>Replaces the plan.</summary>
    public void Publish(InterestPlan plan)
    {
        lock (_gate) (_plan, _state, _reason) = (plan, InterestState.Current, "");
    }

    /// <summary>Keeps the plan and says what is wrong; before the first plan the state stays <see cref="InterestState.Waiting"/>.</summary>
    public void Impair(string reason)
    {
        lock (_gate) (_state, _reason) = (_state == InterestState.Waiting ? InterestState.Waiting : InterestState.Impaired, reason);
    }
}
