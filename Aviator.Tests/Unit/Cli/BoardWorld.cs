using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text.Json;
using Aviator.Core.Boards;
using Microsoft.AspNetCore.Http;

namespace Aviator.Tests.Unit.Cli;

/// <summary>
/// A board behind a port-forward: a pod that leads, whose port 9467 is reached through the API server's WebSocket as a kubelet gives it.
/// </summary>
internal static class BoardWorld
{
    private const string Pod = "api/v1/namespaces/aviator-system/pods";

    /// <summary>Gives the cluster a leading controller that serves this board; null for one where nothing listens.</summary>
    public static CliWorld WithBoard(this CliWorld world, Board? board)
    {
        world.Cluster.Put(Pod, """
            {"metadata":{"name":"aviator-controller-0",
             "labels":{"app.kubernetes.io/name":"aviator","app.kubernetes.io/component":"controller"}}}
            """);
        world.Cluster.Special["/board"] = context => context.Response.WriteAsync(JsonSerializer.Serialize(board!, BoardJson.Default.Board));
        world.Cluster.Special[$"/{Pod}/aviator-controller-0/portforward"] = context => board is null
            ? RefuseAsync(context)
            : ForwardAsync(context, new Uri(world.Server.Url).Port);
        return world;
    }

    /// <summary>What the kubelet does: the port on both channels, then bytes both ways.</summary>
    private static async Task ForwardAsync(HttpContext context, int port)
    {
        using var socket = await OpenAsync(context);
        using var inside = new TcpClient();
        await inside.ConnectAsync("127.0.0.1", port);
        await using var stream = inside.GetStream();
        await Task.WhenAny(InAsync(), OutAsync());

        async Task InAsync()
        {
            var buffer = new byte[65536];
            while (socket.State == WebSocketState.Open)
            {
                var read = await socket.ReceiveAsync(buffer, CancellationToken.None);
                if (read.MessageType == WebSocketMessageType.Close) return;
                await stream.WriteAsync(buffer.AsMemory(1, read.Count - 1));
            }
        }

        async Task OutAsync()
        {
            var buffer = new byte[1024];
            while (await stream.ReadAsync(buffer.AsMemory(1)) is var read and > 0)
                await socket.SendAsync(buffer.AsMemory(0, read + 1), WebSocketMessageType.Binary, true, CancellationToken.None);
        }
    }

    private static async Task RefuseAsync(HttpContext context)
    {
        using var socket = await OpenAsync(context);
        byte[] message = [1, .. "dial tcp4 127.0.0.1:9467: connect: connection refused\n"u8];
        await socket.SendAsync(message, WebSocketMessageType.Binary, true, CancellationToken.None);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
    }

    private static async Task<WebSocket> OpenAsync(HttpContext context)
    {
        var socket = await context.WebSockets.AcceptWebSocketAsync("v4.channel.k8s.io");
        var port = BitConverter.GetBytes((ushort)9467);
        foreach (byte channel in new byte[] { 0, 1 })
            await socket.SendAsync(new byte[] { channel, port[0], port[1] }, WebSocketMessageType.Binary, true, CancellationToken.None);
        return socket;
    }
}
