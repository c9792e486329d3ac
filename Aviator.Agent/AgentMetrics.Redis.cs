using System.Diagnostics.Metrics;
using Aviator.Redis;

namespace Aviator.Agent;

/// <content>What there is where Redis is configured.</content>
internal sealed partial class AgentMetrics : IRedisMetrics
{
    private Histogram<double>? _redisDuration;
    private Counter<long>? _redisErrors;

    /// <inheritdoc/>
    public void ObserveRedis(Func<bool> isUp)
    {
        _meter.CreateObservableGauge("aviator.agent.redis.up", () => isUp() ? 1 : 0, "{connection}", "1 while Redis answers.");
        _redisDuration = _meter.CreateHistogram(
            "aviator.agent.redis.call.duration", "s", "Time of calls to Redis, by outcome.", advice: ReadBounds);
        _redisErrors = _meter.CreateCounter<long>("aviator.agent.redis.errors", "{error}", "Calls to Redis that failed, by fault.");
        foreach (var fault in Enum.GetValues<RedisFault>()) _redisErrors.Add(0, Fault(fault));
    }

    /// <inheritdoc/>
    public void RedisCalled(string operation, TimeSpan duration) =>
        _redisDuration?.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("outcome", "ok"));

    /// <inheritdoc/>
    public void RedisFailed(string operation, RedisFault fault, TimeSpan duration)
    {
        _redisDuration?.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("outcome", "failed"));
        _redisErrors?.Add(1, Fault(fault));
    }

    private static KeyValuePair<string, object?> Fault(RedisFault fault) => new("fault", fault.ToString().ToLowerInvariant());
}
