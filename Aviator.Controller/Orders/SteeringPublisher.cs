using Aviator.Controller.Collection;
using Aviator.Controller.Leadership;
using Aviator.Controller.Telemetry;
using Aviator.Kubernetes;

namespace Aviator.Controller.Orders;

/// <summary>What a publisher of orders sends, and to whom.</summary>
/// <param name="Orders">Plans the orders.</param>
/// <param name="Routes">The decisions in force.</param>
/// <param name="Answers">Takes what agents say.</param>
/// <param name="Agents">The agents known, each with its node.</param>
/// <param name="HasBegun">Whether the decisions are those of this term.</param>
/// <param name="IsComplete">Whether every policy that orders kernels has been looked at in this term.</param>
/// <param name="OnStanding">Told of a Service for which nodes began or ceased to steer.</param>
internal sealed record OrderSources(
    SteeringOrders Orders, KernelRoutes Routes, SteeringAnswers Answers, Func<IReadOnlyCollection<AgentEndpoint>> Agents,
    Func<LeaderTerm, bool> HasBegun, Func<bool> IsComplete, Action<ObjectKey> OnStanding);

/// <summary>
/// While this process leads, sends each agent its node's order: at once after a change, and otherwise every second, for it is the sign of
/// life without which the nodes' kernels leave connections to kube-proxy. A standby sends nothing.
/// </summary>
/// <param name="sources">What is sent, and to whom.</param>
/// <param name="client">Sends an order.</param>
/// <param name="leadership">The terms.</param>
/// <param name="metrics">Counts orders.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes one line when an agent's kernel begins or ceases to steer.</param>
internal sealed class SteeringPublisher(
    OrderSources sources, AgentClient client, ILeadership leadership, ControllerMetrics metrics, TimeProvider time, ILogger logger)
{
    /// <summary>Orders under way at most, to agents that answered the one before.</summary>
    public const int Concurrency = 64;

    /// <summary>The same to agents that did not: they wait for a time limit each, and must not hold up the others.</summary>
    private const int ConcurrentRetries = 16;

    /// <summary>How often agents that come and go are looked for, and what their nodes do.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long a new leader waits for the first look at every policy: an order that lacks Services which the earlier leader's had would
    /// end their steering for a moment.
    /// </summary>
    private static readonly TimeSpan LongestGathering = TimeSpan.FromSeconds(2);

    /// <summary>How often it is looked again, for one of the two, at the beginning of a term.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    /// <summary>Sends orders in each term of this process until cancelled.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        LeaderTerm? term = null;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                term = await leadership.NextTermAsync(term, stopping);
                using var ended = CancellationTokenSource.CreateLinkedTokenSource(term.Ended, stopping);
                await LeadAsync(term, ended.Token);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested || term is { Holds: false })
            {
                // The next term begins, or the process ends: no order is owed, for those that were given grow old.
            }
        }
    }

    private async Task LeadAsync(LeaderTerm term, CancellationToken ended)
    {
        using var slots = new OrderSlots(new(Concurrency), new(ConcurrentRetries));
        var plans = new PlanCache(sources.Orders.Plan, () => sources.Routes.Changed.Next, time);
        var courier = new OrderCourier(term, client, plans, sources.Answers, sources.Routes.Changed, slots, metrics, time, logger);
        var shown = new Dictionary<ObjectKey, KernelStanding>();
        sources.Answers.Clear();
        try
        {
            await GatherAsync(term, ended);
            await using var loops = new AgentLoops(courier, sources.Answers, ended);
            while (true)
            {
                loops.Update(sources.Agents());
                Show(shown);
                await Task.Delay(Look, time, ended);
            }
        }
        finally
        {
            sources.Answers.Clear();
        }
    }

    private async Task GatherAsync(LeaderTerm term, CancellationToken ended)
    {
        // Until then the decisions are those of an earlier term.
        while (!sources.HasBegun(term)) await Task.Delay(Poll, time, ended);
        var began = time.GetTimestamp();
        while (!sources.IsComplete() && time.GetElapsedTime(began) < LongestGathering) await Task.Delay(Poll, time, ended);
    }

    private void Show(Dictionary<ObjectKey, KernelStanding> shown)
    {
        foreach (var (service, route) in sources.Routes.All)
        {
            var now = sources.Answers.Of(service, route.Terms);
            if (now.IsSame(shown.GetValueOrDefault(service))) continue;
            shown[service] = now;
            sources.OnStanding(service);
        }

        foreach (var service in shown.Keys.Where(service => sources.Routes.Find(service) is null).ToList()) shown.Remove(service);
    }
}
