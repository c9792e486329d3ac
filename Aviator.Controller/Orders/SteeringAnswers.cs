using System.Collections.Concurrent;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Controller.Policies;
using Aviator.Core.Steering;
using Aviator.Kubernetes;

namespace Aviator.Controller.Orders;

/// <summary>What the agents last said to their orders, in the present term. Safe for several threads.</summary>
/// <param name="time">The clock.</param>
/// <param name="nodes">Names of the nodes on which clients may run; none while they are not known.</param>
internal sealed class SteeringAnswers(TimeProvider time, Func<IEnumerable<string>> nodes)
{
    /// <summary>Longest reason shown, in characters; the definition's limit.</summary>
    private const int MaxReason = 256;

    private readonly ConcurrentDictionary<string, NodeAnswers> _agents = new(StringComparer.Ordinal);

    /// <summary>An agent is about to be sent its first order.</summary>
    /// <param name="agent">The agent's name.</param>
    /// <param name="node">Its node.</param>
    public void Expect(string agent, string node) => _agents.TryAdd(agent, new(node));

    /// <summary>Nothing is ordered from an agent any more, so what it said counts no longer.</summary>
    public void Reset(string agent, string node) => _agents[agent] = new(node);

    /// <summary>An agent answered.</summary>
    public void Answered(string agent, SteeringAnswer answer) => _agents.AddOrUpdate(
        agent,
        _ => new NodeAnswers(answer.Node).Answered(answer, time.GetTimestamp(), time),
        (_, before) => before.Answered(answer, time.GetTimestamp(), time));

    /// <summary>An agent did not answer, or refused.</summary>
    public void Failed(string agent, string node, string reason) =>
        _agents.AddOrUpdate(agent, _ => new NodeAnswers(node).Failed(reason), (_, before) => before.Failed(reason));

    /// <summary>An agent is gone.</summary>
    public void Forget(string agent) => _agents.TryRemove(agent, out _);

    /// <summary>Another term begins, or this one ended.</summary>
    public void Clear() => _agents.Clear();

    /// <summary>Nodes that were heard of, by whether their kernel is known to steer.</summary>
    public (int Steering, int Passing) Count()
    {
        var heard = _agents.Values.Where(agent => agent is not { Last: null, Fault: null }).ToList();
        var steering = heard.Count(agent => agent is { Last.Steering: true, Fault: null });
        return (steering, heard.Count - steering);
    }

    /// <summary>How a Service stands.</summary>
    /// <param name="service">The Service.</param>
    /// <param name="terms">What is asked of the nodes: one whose last answer is too old passes connections by now.</param>
    public KernelStanding Of(ObjectKey service, KernelTerms terms)
    {
        var (steering, waiting, steered, passed) = (0, 0, 0L, 0L);
        var (passing, keeping) = (new List<PassingNode>(), new List<PassingNode>());
        var agents = _agents.Values.OrderBy(agent => agent.Node, StringComparer.Ordinal).ToList();
        foreach (var agent in agents)
        {
            var recent = agent.Recent(service);
            (steered, passed) = (steered + recent.Steered, passed + recent.Passed);
            if (agent is { Last: null, Fault: null }) waiting++;
            else if (WhyPassing(agent, terms.FailOpenAfter) is { } reason) passing.Add(new() { Node = agent.Node, Reason = Cut(reason) });
            else steering++;
            if (terms.Closes && agent.Last?.NotClosing is { Length: > 0 } why) keeping.Add(new() { Node = agent.Node, Reason = Cut(why) });
        }

        // Without any agent that is what there is to say, and not of each node.
        if (agents.Count > 0)
            passing.AddRange(nodes().Except(agents.Select(agent => agent.Node), StringComparer.Ordinal).Order(StringComparer.Ordinal)
                .Select(node => new PassingNode { Node = node, Reason = "no agent runs on it" }));
        return new(steering, waiting, passing, steered + passed > 0 ? steered / (double)(steered + passed) : null) { Keeping = keeping };
    }

    private string? WhyPassing(NodeAnswers agent, TimeSpan failOpenAfter)
    {
        if (agent.Last is not { } answer || time.GetElapsedTime(agent.At) >= failOpenAfter)
            return agent.Fault ?? "no order has reached it lately";
        if (answer.Steering) return null;
        return string.IsNullOrWhiteSpace(answer.Reason) ? "its agent does not say why" : answer.Reason;
    }

    private static string Cut(string reason) => reason.Length <= MaxReason ? reason : reason[..(MaxReason - 1)] + "…";
}
