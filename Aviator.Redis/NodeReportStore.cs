using System.Globalization;
using Aviator.Core.Measurement;
using StackExchange.Redis;

namespace Aviator.Redis;

/// <summary>A node's report as it lies in Redis, or why it is of no use.</summary>
/// <param name="Node">The node by whose name it was found.</param>
/// <param name="Report">The report, its age that of now; null when it is of no use.</param>
/// <param name="Fault">Why; empty when it is of use.</param>
public sealed record StoredNode(string Node, NodeReport? Report, string Fault);

/// <summary>The nodes' reports in Redis: agents write their own, the controller reads all in one round trip.</summary>
/// <remarks>
/// A report grows older while it lies there, and no wall clock may cross nodes. So Redis itself gives its age: the report was set to expire
/// after <see cref="RedisKeys.LifetimeOf"/>, and the part of that which is gone when it is read has passed. Both are measured by the
/// server's one clock.
/// </remarks>
/// <param name="link">The connection.</param>
/// <param name="keys">The keys.</param>
public sealed class NodeReportStore(RedisLink link, RedisKeys keys)
{
    /// <summary>Name of the operation that writes a node's report.</summary>
    public const string WriteOperation = "node.write";

    /// <summary>Name of the operation that reads all nodes' reports.</summary>
    public const string ReadOperation = "node.read";

    /// <summary>How long the names of nodes are kept after the last report of any.</summary>
    private static readonly TimeSpan NamesLifetime = TimeSpan.FromHours(1);

    /// <summary>The server keeps time to the millisecond.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(5);

    /// <summary>Whatever else lies under a key of ours is in the way and is replaced.</summary>
    private const string WriteScript =
        """
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        local kind = redis.call('TYPE', KEYS[2])['ok']
        if kind ~= 'set' and kind ~= 'none' then redis.call('DEL', KEYS[2]) end
        redis.call('SADD', KEYS[2], ARGV[3])
        redis.call('PEXPIRE', KEYS[2], ARGV[4])
        return 1
        """;

    /// <summary>
    /// Name, time left and value of every node; names whose report has expired are dropped on the way. Reads at most 5000 nodes.
    /// </summary>
    private const string ReadScript =
        """
        local found = {}
        if redis.call('TYPE', KEYS[1])['ok'] ~= 'set' then return found end
        for index, node in ipairs(redis.call('SMEMBERS', KEYS[1])) do
          if index > 5000 then break end
          local key = ARGV[1] .. node
          local kind = redis.call('TYPE', key)['ok']
          if kind == 'none' then
            redis.call('SREM', KEYS[1], node)
          else
            local value = ''
            if kind == 'string' and redis.call('STRLEN', key) <= tonumber(ARGV[2]) then value = redis.call('GET', key) end
            found[#found + 1] = node
            found[#found + 1] = redis.call('PTTL', key)
            found[#found + 1] = value
          end
        end
        return found
        """;

    /// <summary>Writes a node's report.</summary>
    /// <exception cref="RedisUnavailableException">It was not written, or that is unknown.</exception>
    public Task WriteAsync(NodeReport report, CancellationToken cancellationToken) => link.RunAsync(
        WriteOperation, WriteScript, [keys.Node(report.Node), keys.Nodes],
        [
            NodeReportCodec.Write(report),
            Milliseconds(RedisKeys.LifetimeOf(TimeSpan.FromSeconds(report.SubWindowSeconds))),
            report.Node,
            Milliseconds(NamesLifetime),
        ],
        cancellationToken);

    /// <summary>Reads the reports of all nodes, each with its true age.</summary>
    /// <exception cref="RedisUnavailableException">They were not read.</exception>
    public async Task<IReadOnlyList<StoredNode>> ReadAllAsync(CancellationToken cancellationToken)
    {
        RedisValue[] values = [keys.NodePrefix, NodeReportCodec.MaxBytes];
        var answer = await link.RunAsync(ReadOperation, ReadScript, [keys.Nodes], values, cancellationToken).ConfigureAwait(false);
        return [.. ((RedisResult[]?)answer ?? []).Chunk(3)
            .Select(row => Read((string)row[0]!, TimeSpan.FromMilliseconds((long)row[1]), (byte[]?)row[2] ?? []))];
    }

    private static StoredNode Read(string node, TimeSpan left, byte[] value)
    {
        var reading = NodeReportCodec.Read(value);
        if (reading.Report is not { } report) return new(node, null, reading.Detail);
        if (report.Node != node) return new(node, null, "it is another node's report");
        if (report.SubWindowSeconds is < 0 or > 3600 || report.AgeSeconds < 0) return new(node, null, "its times are out of range");
        var lain = RedisKeys.LifetimeOf(TimeSpan.FromSeconds(report.SubWindowSeconds)) - left;
        if (left < TimeSpan.Zero || lain < -Tolerance)
            return new(node, null, "its age is unknown: its key does not expire, or the clock of the Redis server was set back");
        return new(node, report with { AgeSeconds = report.AgeSeconds + Math.Max(0, lain.TotalSeconds) }, "");
    }

    private static string Milliseconds(TimeSpan time) => ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
}
