using System.Diagnostics.Metrics;
using Aviator.Redis;

namespace Aviator.Controller.Telemetry;

/// <content>What there is where Redis is configured.</content>
internal sealed partial class ControllerMetrics : IRedisMetrics
{
    private Histogram<double>? _redisDuration;
    private Counter<long>? _redisErrors;
    private Counter<long>? _statesRefused;

    /// <inheritdoc/>
    public void ObserveRedis(Func<bool> isUp)
    {
        _meter.CreateObservableGauge("aviator.redis.up", () => isUp() ? 1 : 0, "{connection}", "1 while Redis answers.");
        _redisDuration = _meter.CreateHistogram<double>(
            "aviator.redis.call.duration", "s", "Time of calls to Redis, by operation and outcome.", advice: Seconds);
        _redisErrors = _meter.CreateCounter<long>("aviator.redis.errors", "{error}", "Calls to Redis that failed, by operation and fault.");
        _statesRefused = _meter.CreateCounter<long>(
            "aviator.policy.state.refused", "{write}", "States not stored because a later leader had written.");
        _statesRefused.Add(0);
        foreach (var fault in Enum.GetValues<RedisFault>()) _redisErrors.Add(0, Tag("operation", "node.read"), Tag("fault", Word(fault)));
    }

    /// <inheritdoc/>
    public void RedisCalled(string operation, TimeSpan duration) =>
        _redisDuration?.Record(duration.TotalSeconds, Tag("operation", operation), Tag("outcome", "ok"));

    /// <inheritdoc/>
    public void RedisFailed(string operation, RedisFault fault, TimeSpan duration)
    {
        _redisDuration?.Record(duration.TotalSeconds, Tag("operation", operation), Tag("outcome", "failed"));
        _redisErrors?.Add(1, Tag("operation", operation), Tag("fault", Word(fault)));
    }

    /// <summary>A later leader had written.</summary>
    public void StateRefused() => _statesRefused?.Add(1);

    private static string Word(RedisFault fault) => fault.ToString().ToLowerInvariant();
}
