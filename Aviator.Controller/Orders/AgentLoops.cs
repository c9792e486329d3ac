using Aviator.Controller.Collection;

namespace Aviator.Controller.Orders;

/// <summary>A loop for each agent, started when it is found and ended when it is gone. Not thread-safe.</summary>
/// <param name="courier">Sends the orders.</param>
/// <param name="answers">Takes what agents say.</param>
/// <param name="ended">Ends all loops.</param>
internal sealed class AgentLoops(OrderCourier courier, SteeringAnswers answers, CancellationToken ended) : IAsyncDisposable
{
    private readonly Dictionary<AgentEndpoint, Loop> _loops = [];
    private readonly List<Loop> _leaving = [];

    /// <summary>Starts a loop for each agent that is new and ends those of agents that are gone.</summary>
    public void Update(IReadOnlyCollection<AgentEndpoint> agents)
    {
        var wanted = agents.ToHashSet();
        foreach (var (agent, loop) in _loops.Where(entry => !wanted.Contains(entry.Key)).ToList())
        {
            loop.Stop.Cancel();
            answers.Forget(agent.Name);
            _loops.Remove(agent);
            _leaving.Add(loop);
        }

        foreach (var loop in _leaving.FindAll(loop => loop.Work.IsCompleted)) loop.Stop.Dispose();
        _leaving.RemoveAll(loop => loop.Work.IsCompleted);
        foreach (var agent in wanted.Where(agent => !_loops.ContainsKey(agent))) _loops[agent] = Start(agent);
    }

    /// <summary>Ends all loops and waits for the orders under way.</summary>
    public async ValueTask DisposeAsync()
    {
        List<Loop> all = [.. _loops.Values, .. _leaving];
        foreach (var loop in all) await loop.Stop.CancelAsync();
        await Task.WhenAll(all.Select(loop => loop.Work)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var loop in all) loop.Stop.Dispose();
    }

    /// <summary>Without a node there is no order that the agent would take: its first report tells, and then it is another entry.</summary>
    private Loop Start(AgentEndpoint agent)
    {
        var stop = CancellationTokenSource.CreateLinkedTokenSource(ended);
        if (agent.Node is not { } node)
        {
            answers.Failed(agent.Name, agent.Name, "its node is not known: it has given no report yet");
            return new(stop, Task.CompletedTask);
        }

        answers.Expect(agent.Name, node);
        return new(stop, courier.RunAsync(agent, node, stop.Token));
    }

    private sealed record Loop(CancellationTokenSource Stop, Task Work);
}
