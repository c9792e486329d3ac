using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Aviator.Tests.Fixtures;

/// <summary>A TCP server on loopback that does to each connection what the test says.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private int _connections;

    public RawServer(Func<NetworkStream, CancellationToken, Task> serve)
    {
        _listener.Start(512);
        _loop = AcceptAsync(serve);
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Reads requests and gives each the same answer; closes after one when it is asked to.</summary>
    public static RawServer Answering(string answer, TimeSpan delay = default) => new(async (stream, stop) =>
    {
        var buffer = new byte[4096];
        while (true)
        {
            var read = await stream.ReadAsync(buffer, stop);
            if (read == 0) return;
            if (delay > TimeSpan.Zero) await Task.Delay(delay, stop);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), stop);
            if (Encoding.ASCII.GetString(buffer, 0, read).Contains("Connection: close", StringComparison.Ordinal)) return;
        }
    });

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _loop;
        _stop.Dispose();
    }

    private async Task AcceptAsync(Func<NetworkStream, CancellationToken, Task> serve)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                _ = ServeAsync(client, serve);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient client, Func<NetworkStream, CancellationToken, Task> serve)
    {
        using (client)
        {
            try
            {
                await serve(client.GetStream(), _stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
                // The client went away, or the test is over.
            }
        }
    }
}
