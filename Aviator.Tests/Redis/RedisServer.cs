using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Aviator.Tests.Fixtures;
using Aviator.Tests.Tooling.Processes;
using StackExchange.Redis;
using Xunit;

namespace Aviator.Tests.Redis;

/// <summary>The test's own redis-server, on a port of loopback, that can be stopped, started again, and made slow or full.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("aviator-redis-").FullName;
    private readonly string[] _more;
    private ChildProcess? _process;

    private RedisServer(int port, string[] more) => (Port, _more) = (port, more);

    public int Port { get; }

    /// <summary>The port for TLS, where the last option is <c>--tls-port</c>.</summary>
    public int TlsPort { get; private init; }

    /// <summary>The file of a Sentinel's settings; null for a Redis.</summary>
    private string? Settings { get; set; }

    /// <summary>A connection string without a password.</summary>
    public string ConnectionString => $"127.0.0.1:{Port}";

    public static async Task<RedisServer> StartAsync(params string[] options)
    {
        var tls = options is [.., "--tls-port"] ? FreePort.Find() : 0;
        var server = new RedisServer(FreePort.Find(),
            tls == 0 ? options : [.. options, tls.ToString(CultureInfo.InvariantCulture)])
        { TlsPort = tls };
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>A Sentinel that makes the server's replica the primary soon after the server is gone.</summary>
    /// <param name="watched">The primary; its replica follows it already.</param>
    /// <param name="name">What the Sentinel calls the two.</param>
    public static async Task<RedisServer> StartSentinelAsync(RedisServer watched, string name)
    {
        var sentinel = new RedisServer(FreePort.Find(), []);
        sentinel.Settings = Path.Combine(sentinel._directory, "sentinel.conf");
        await File.WriteAllLinesAsync(sentinel.Settings,
        [
            $"port {sentinel.Port}", "bind 127.0.0.1", $"dir {sentinel._directory}",
            $"sentinel monitor {name} 127.0.0.1 {watched.Port} 1", $"sentinel down-after-milliseconds {name} 500",
        ]);
        await sentinel.StartAgainAsync();
        var options = ConfigurationOptions.Parse(sentinel.ConnectionString);
        options.CommandMap = CommandMap.Sentinel;
        await using var client = await ConnectionMultiplexer.ConnectAsync(options);
        await Eventually.TrueAsync(
            async () => (await client.GetServers()[0].SentinelReplicasAsync(name)).Length > 0, "the Sentinel knows the replica");
        return sentinel;
    }

    /// <summary>A server that follows this one, once it has what this one has.</summary>
    public async Task<RedisServer> StartReplicaAsync()
    {
        await CommandAsync("CONFIG", "SET", "repl-diskless-sync-delay", "0");
        var replica = await StartAsync("--replicaof", "127.0.0.1", Port.ToString(CultureInfo.InvariantCulture));
        await Eventually.TrueAsync(
            async () => ((string?)await CommandAsync("INFO", "replication"))!.Contains("state=online", StringComparison.Ordinal),
            "the replica follows");
        return replica;
    }

    public async Task StartAgainAsync()
    {
        Assert.True(IsInstalled(),
            "These tests need redis-server on the PATH: apt-get install redis-server (eng/test.sh does it as root).");
        string[] arguments = Settings is null
            ? ["--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                "--dir", _directory, .. _more]
            : [Settings, "--sentinel"];
        _process = ChildProcess.Start("redis-server", ["redis-server", .. arguments]);
        await Eventually.TrueAsync(CanConnectAsync, $"redis-server on port {Port}");
    }

    /// <summary>Ends the process at once, as a crash would.</summary>
    public async Task StopAsync()
    {
        if (_process is not { } process) return;
        _process = null;
        await process.KillAsync();
        await process.DisposeAsync();
    }

    /// <summary>Runs a command on its own connection.</summary>
    public async Task<RedisResult> CommandAsync(string command, params object[] arguments)
    {
        var options = ConfigurationOptions.Parse(ConnectionString
            + (_more is [.., "--requirepass", var password] ? $",password={password}" : ""));
        options.AllowAdmin = true;
        await using var admin = await ConnectionMultiplexer.ConnectAsync(options);
        return await admin.GetDatabase().ExecuteAsync(command, arguments);
    }

    /// <summary>From now on, for so long, every command waits.</summary>
    public Task SlowAsync(TimeSpan time) => CommandAsync("CLIENT", "PAUSE", (long)time.TotalMilliseconds, "ALL");

    /// <summary>From now on nothing more fits in.</summary>
    public Task FillAsync() => CommandAsync("CONFIG", "SET", "maxmemory", "1");

    /// <summary>There is room again.</summary>
    public Task EmptyAsync() => CommandAsync("CONFIG", "SET", "maxmemory", "0");

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private static bool IsInstalled() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, "redis-server")));

    private async Task<bool> CanConnectAsync()
    {
        Assert.False(_process!.HasExited, $"redis-server ended:\n{_process.Tail()}");
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, Port, TestContext.Current.CancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
