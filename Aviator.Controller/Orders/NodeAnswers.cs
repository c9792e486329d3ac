using Aviator.Core.Steering;
using Aviator.Kubernetes;

namespace Aviator.Controller.Orders;

/// <summary>What one agent last said to its orders. Immutable.</summary>
/// <param name="Node">The node, or the agent's name while its node is not known.</param>
internal sealed record NodeAnswers(string Node)
{
    /// <summary>How long connections are counted before the count begins anew from the last answer so far.</summary>
    public static readonly TimeSpan CountFor = TimeSpan.FromMinutes(1);

    /// <summary>The last answer; null before the first.</summary>
    public SteeringAnswer? Last { get; private init; }

    /// <summary>Monotonic time of it.</summary>
    public long At { get; private init; }

    /// <summary>Why the last order was not answered; null when it was.</summary>
    public string? Fault { get; private init; }

    private Dictionary<ObjectKey, (long Steered, long Passed)> Counts { get; init; } = [];

    private Dictionary<ObjectKey, (long Steered, long Passed)> Middle { get; init; } = [];

    private Dictionary<ObjectKey, (long Steered, long Passed)> Base { get; init; } = [];

    private long MiddleAt { get; init; }

    /// <summary>After another answer.</summary>
    public NodeAnswers Answered(SteeringAnswer answer, long at, TimeProvider time)
    {
        var counts = new Dictionary<ObjectKey, (long Steered, long Passed)>();
        foreach (var one in answer.Services ?? [])
            counts[new(one.Namespace, one.Name)] = (Math.Max(0, one.Steered), Math.Max(0, one.Passed));
        var next = this with { Last = answer, At = at, Fault = null, Counts = counts };
        if (Last is null) return next with { Middle = counts, Base = counts, MiddleAt = at };
        return time.GetElapsedTime(MiddleAt, at) < CountFor ? next : next with { Base = Middle, Middle = counts, MiddleAt = at };
    }

    /// <summary>After an order that was not answered.</summary>
    public NodeAnswers Failed(string fault) => this with { Fault = fault };

    /// <summary>Connects to a Service in the last minute or two; counters that went down began anew.</summary>
    public (long Steered, long Passed) Recent(ObjectKey service)
    {
        var (now, then) = (Counts.GetValueOrDefault(service), Base.GetValueOrDefault(service));
        return now.Steered < then.Steered || now.Passed < then.Passed ? now : (now.Steered - then.Steered, now.Passed - then.Passed);
    }
}
