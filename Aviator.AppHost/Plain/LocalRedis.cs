using System.Net;
using System.Net.Sockets;

namespace Aviator.AppHost.Plain;

/// <summary>A redis-server of this machine, on loopback and a free port, with nothing on disk.</summary>
/// <param name="Port">Its port.</param>
/// <param name="Program">The server's path.</param>
internal sealed record LocalRedis(int Port, string Program)
{
    private static readonly byte[] Ping = "PING\r\n"u8.ToArray();

    /// <summary>What the others connect with.</summary>
    public string ConnectionString => $"127.0.0.1:{Port}";

    /// <summary>The command that starts it.</summary>
    public IReadOnlyList<string> Command =>
        [Program, "--bind", "127.0.0.1", "--port", $"{Port}", "--save", "", "--appendonly", "no", "--loglevel", "warning", "--dir", Path.GetTempPath()];

    /// <summary>Finds one; null where none is installed.</summary>
    public static LocalRedis? Find()
    {
        var program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, "redis-server")).FirstOrDefault(File.Exists);
        return program is null ? null : new LocalRedis(FreePort(), program);
    }

    /// <summary>Whether it answers a PING; throws what the socket throws where it does not.</summary>
    public async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Port, cancellationToken);
        var stream = client.GetStream();
        await stream.WriteAsync(Ping, cancellationToken);
        var answer = new byte[7];
        await stream.ReadExactlyAsync(answer, cancellationToken);
        return answer.AsSpan().SequenceEqual("+PONG\r\n"u8);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
