using System.Globalization;
using Aviator.Controller.Clocks;
using Aviator.Core.Decisions;
using Aviator.Redis;
using StackExchange.Redis;

namespace Aviator.Controller.State;

/// <summary>
/// Keeps the states in Redis: one hash a policy with the term that wrote it, the policy's UID and the state. What is found there and cannot
/// be read is none, and the next write replaces it.
/// </summary>
/// <param name="link">The connection.</param>
/// <param name="keys">The keys.</param>
/// <param name="clock">The clock that the states' times are of.</param>
/// <param name="logger">Takes a line for a state that cannot be read.</param>
internal sealed partial class RedisPolicyStateStore(
    RedisLink link, RedisKeys keys, MonotonicClock clock, ILogger<RedisPolicyStateStore> logger) : IPolicyStateStore
{
    /// <summary>
    /// How long a state lies after its last write: long enough for any outage, and gone when its policy was removed meanwhile.
    /// </summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    /// <summary>Compare and set: nothing is written over what a later term wrote. A term that no number can be is garbage.</summary>
    private const string SaveScript =
        """
        local kind = redis.call('TYPE', KEYS[1])['ok']
        if kind ~= 'hash' and kind ~= 'none' then redis.call('DEL', KEYS[1]) end
        local term = tonumber(redis.call('HGET', KEYS[1], 'term') or '')
        if term and term < 9007199254740992 and term > tonumber(ARGV[1]) then return 0 end
        redis.call('HSET', KEYS[1], 'term', ARGV[1], 'uid', ARGV[2], 'state', ARGV[3])
        redis.call('PEXPIRE', KEYS[1], ARGV[4])
        return 1
        """;

    /// <summary>The state and the time left to it; nothing where the policy is another one.</summary>
    private const string LoadScript =
        """
        if redis.call('TYPE', KEYS[1])['ok'] ~= 'hash' or redis.call('HGET', KEYS[1], 'uid') ~= ARGV[1] then return false end
        return { redis.call('HGET', KEYS[1], 'state') or '', redis.call('PTTL', KEYS[1]) }
        """;

    private const string RemoveScript =
        """
        if redis.call('TYPE', KEYS[1])['ok'] ~= 'hash' or redis.call('HGET', KEYS[1], 'uid') ~= ARGV[1] then return 0 end
        return redis.call('DEL', KEYS[1])
        """;

    /// <inheritdoc/>
    public async ValueTask<PolicyState?> LoadAsync(PolicyIdentity policy, CancellationToken cancellationToken)
    {
        var answer = await RunAsync("policy.load", LoadScript, policy, [policy.Uid], cancellationToken);
        if (answer.IsNull || (RedisResult[]?)answer is not [var stored, var left]) return null;

        // The times in it are distances from the moment of saving, and what is missing of its lifetime has passed since.
        var lain = Lifetime - TimeSpan.FromMilliseconds((long)left);
        var state = PolicyStateCodec.Read(
            (byte[]?)stored ?? [], clock.Now - (lain > TimeSpan.Zero && lain <= Lifetime ? lain : TimeSpan.Zero), out var fault);
        if (state is null) LogUnreadable(policy.Namespace, policy.Name, fault);
        return state;
    }

    /// <inheritdoc/>
    public async ValueTask<bool> SaveAsync(PolicyIdentity policy, PolicyState state, long term, CancellationToken cancellationToken)
    {
        RedisValue[] values =
        [
            term.ToString(CultureInfo.InvariantCulture),
            policy.Uid,
            PolicyStateCodec.Write(state, clock.Now),
            ((long)Lifetime.TotalMilliseconds).ToString(CultureInfo.InvariantCulture),
        ];
        if ((long)await RunAsync("policy.save", SaveScript, policy, values, cancellationToken) == 1) return true;
        LogRefused(policy.Namespace, policy.Name, term);
        return false;
    }

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(PolicyIdentity policy, CancellationToken cancellationToken) =>
        await RunAsync("policy.remove", RemoveScript, policy, [policy.Uid], cancellationToken);

    private async ValueTask<RedisResult> RunAsync(
        string operation, string script, PolicyIdentity policy, RedisValue[] values, CancellationToken cancellationToken)
    {
        try
        {
            return await link.RunAsync(operation, script, [keys.Policy(policy.Namespace, policy.Name)], values, cancellationToken);
        }
        catch (RedisUnavailableException fault)
        {
            throw new StateUnavailableException(fault.Message, fault);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Refused to store the state of AviatorPolicy {Namespace}/{Name}: a leader of a term after {Term} has written")]
    private partial void LogRefused(string @namespace, string name, long term);

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "Found a state of AviatorPolicy {Namespace}/{Name} in Redis that cannot be used: {Reason}")]
    private partial void LogUnreadable(string @namespace, string name, string reason);
}
