namespace Aviator.Simulation;

/// <summary>Chooses the pod for each request, and hears how requests begin and end.</summary>
internal interface IBalancer
{
    /// <summary>Whether it is told each second what was in flight at each pod (<see cref="SimulatedPod.Ordered"/>).</summary>
    bool TakesOrders => false;

    /// <summary>The pod for the request that a client sends now.</summary>
    /// <param name="pods">The pods that this client may use, at least one.</param>
    /// <param name="client">The client's number, from 0.</param>
    /// <param name="now">The time, in seconds.</param>
    SimulatedPod Choose(SimulatedPod[] pods, int client, double now);

    /// <summary>The request has reached its pod.</summary>
    void Began(SimulatedRequest request, double now)
    {
    }

    /// <summary>The request was answered, failed, or was given up by its client.</summary>
    void Ended(SimulatedRequest request, double now)
    {
    }
}
