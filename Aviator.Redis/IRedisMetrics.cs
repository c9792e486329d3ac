namespace Aviator.Redis;

/// <summary>Counts calls to Redis; the process's one class of instruments implements it.</summary>
public interface IRedisMetrics
{
    /// <summary>Shows whether Redis answers; called once.</summary>
    void ObserveRedis(Func<bool> isUp);

    /// <summary>Counts a call that was answered as it should be.</summary>
    void RedisCalled(string operation, TimeSpan duration);

    /// <summary>Counts a call that was not; those that were not even tried during a pause are not counted.</summary>
    void RedisFailed(string operation, RedisFault fault, TimeSpan duration);
}
