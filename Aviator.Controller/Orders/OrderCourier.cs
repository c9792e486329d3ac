using Aviator.Controller.Collection;
using Aviator.Controller.Leadership;
using Aviator.Controller.Telemetry;
using Aviator.Core.Steering;
using Aviator.ServiceDefaults;

namespace Aviator.Controller.Orders;

/// <summary>Sends orders of one term: to each agent one at a time, in a loop of its own.</summary>
/// <param name="term">The term.</param>
/// <param name="client">Sends an order.</param>
/// <param name="plans">What to order.</param>
/// <param name="answers">Takes what agents say.</param>
/// <param name="changed">Sent when an order would say something else than before.</param>
/// <param name="slots">Bounds the orders under way.</param>
/// <param name="metrics">Counts them.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes one line when an agent's kernel begins or ceases to steer.</param>
internal sealed partial class OrderCourier(
    LeaderTerm term, AgentClient client, PlanCache plans, SteeringAnswers answers, AsyncPulse changed, OrderSlots slots,
    ControllerMetrics metrics, TimeProvider time, ILogger logger)
{
    /// <summary>Longest time between two orders.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);

    /// <summary>Pauses after failures; a change does not shorten them.</summary>
    public static Backoff Backoff { get; } = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(5));

    /// <summary>How long changes are gathered before the next order, so that a burst is not sent one by one.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(20);

    /// <summary>How often an agent to which nothing is sent is looked at; a change comes sooner.</summary>
    private static readonly TimeSpan WhileIdle = TimeSpan.FromSeconds(30);

    /// <summary>The longest that an order can stand: by then one that was never ended has ended by itself.</summary>
    private static readonly TimeSpan LongestOrder = TimeSpan.FromMinutes(1);

    // From the clock, in microseconds: a controller without election that starts again within a minute leads in a term of the same number,
    // and its orders must come after those of the process before.
    private long _sequence = time.GetUtcNow().ToUnixTimeMilliseconds() * 1000;

    private enum Stance
    {
        Unknown,
        Steering,
        Passing,
        Unreachable,
        Refused,
    }

    /// <summary>Sends one agent its orders until cancelled.</summary>
    public async Task RunAsync(AgentEndpoint agent, string node, CancellationToken cancellationToken)
    {
        await Task.Yield();
        var state = new Delivery();
        while (!cancellationToken.IsCancellationRequested && term.Holds)
        {
            var next = changed.Next;
            var pause = await OnceAsync(agent, node, state, cancellationToken);
            if (state.Failures > 0)
            {
                await Task.Delay(pause, time, cancellationToken);
                continue;
            }

            await AsyncPulse.WaitAsync(next, pause, time, cancellationToken);
            await Task.Delay(Gather, time, cancellationToken);
        }
    }

    /// <returns>The pause until the next order, unless something changes.</returns>
    private async Task<TimeSpan> OnceAsync(AgentEndpoint agent, string node, Delivery state, CancellationToken cancellationToken)
    {
        try
        {
            var pause = WhileIdle;
            await slots.SendAsync(state.Failures == 0, async () => pause = await SendAsync(agent, node, state, cancellationToken),
                cancellationToken);
            return pause;
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            // Not only what the client expects: nothing would start the loop again, and the node would be without orders for good.
            var refused = fault is AgentRefusedException;
            state.Failures++;
            metrics.OrderFailed(refused);
            answers.Failed(agent.Name, node, fault.Message);
            if (Changed(state, refused ? Stance.Refused : Stance.Unreachable)) LogUnreached(agent.Display, node, fault.Message);
            return Backoff.Pause(state.Failures, Random.Shared);
        }
    }

    private async Task<TimeSpan> SendAsync(AgentEndpoint agent, string node, Delivery state, CancellationToken cancellationToken)
    {
        var plan = plans.Current();
        // One empty order ends what was ordered; if it cannot be delivered, what was ordered ends by its age.
        if (plan.IsEmpty && (!state.Owes || time.GetElapsedTime(state.OrderedAt) > LongestOrder))
        {
            (state.Owes, state.Failures, state.Stance) = (false, 0, Stance.Unknown);
            answers.Reset(agent.Name, node);
            return WhileIdle;
        }

        var started = time.GetTimestamp();
        if (!plan.IsEmpty) (state.Owes, state.OrderedAt) = (true, started);
        var answer = await client.OrderAsync(agent, new()
        {
            FormatVersion = SteeringOrder.CurrentFormatVersion,
            Node = node,
            Term = term.Number,
            Sequence = Interlocked.Increment(ref _sequence),
            Services = plan.For(node),
        }, cancellationToken);
        if (answer.Node != node) throw new AgentUnavailableException($"it answers for node {answer.Node}");
        metrics.Ordered(time.GetElapsedTime(started));
        state.Failures = 0;
        if (plan.IsEmpty) (state.Owes, state.Stance) = (false, Stance.Unknown);
        else Note(agent, node, answer, state);
        return plan.ShortestFailOpen is { } shortest ? Shorter(Heartbeat, shortest / 3) : Heartbeat;
    }

    private void Note(AgentEndpoint agent, string node, SteeringAnswer answer, Delivery state)
    {
        answers.Answered(agent.Name, answer);
        if (!Changed(state, answer.Steering ? Stance.Steering : Stance.Passing)) return;
        if (answer.Steering) LogSteering(node, agent.Display);
        else LogPassing(node, agent.Display, answer.Reason);
    }

    private static bool Changed(Delivery state, Stance now)
    {
        if (state.Stance == now) return false;
        state.Stance = now;
        return true;
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    [LoggerMessage(Level = LogLevel.Information, Message = "The kernel of node {Node} steers, by agent {Agent}")]
    private partial void LogSteering(string node, string agent);

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "The kernel of node {Node} leaves connections to kube-proxy, by agent {Agent}: {Reason}")]
    private partial void LogPassing(string node, string agent, string reason);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Agent {Agent} takes no orders, so node {Node} leaves connections to kube-proxy before long: {Error}")]
    private partial void LogUnreached(string agent, string node, string error);

    /// <summary>How deliveries to one agent stand; only its loop touches it.</summary>
    private sealed class Delivery
    {
        /// <summary>Orders in a row without an answer.</summary>
        public int Failures { get; set; }

        /// <summary>Whether it was ordered something that no empty order has ended yet.</summary>
        public bool Owes { get; set; }

        /// <summary>When the last order that is not empty was sent.</summary>
        public long OrderedAt { get; set; }

        /// <summary>What was logged last.</summary>
        public Stance Stance { get; set; }
    }
}
