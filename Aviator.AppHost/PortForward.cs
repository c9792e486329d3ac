using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Aviator.AppHost;

/// <summary>
/// Makes ports that are open inside the cluster's network reachable from this machine's own browser. A listening socket stays in the
/// network in which it was opened: it is opened before the cluster's network is entered, handed through the change of program, and answered
/// from inside.
/// </summary>
internal static class PortForward
{
    /// <summary>What was opened, as <c>descriptor=port</c>, comma-separated.</summary>
    private const string Variable = "AVIATOR_APPHOST_LISTENERS";

    /// <summary>Opens the dashboard's ports and those of the links in it, on loopback.</summary>
    /// <exception cref="InvalidOperationException">A port of the dashboard is taken.</exception>
    public static void Prepare()
    {
        var opened = new List<string>();
        foreach (var port in DashboardPorts()) opened.Add(Open(port) ?? throw new InvalidOperationException(
            $"port {port} of this machine is in use, possibly by another AppHost: end it, or set ASPNETCORE_URLS=http://localhost:PORT"));
        int[] links =
            [AviatorResources.AgentPort, AviatorResources.ControllerPort, AviatorResources.WatchdogPort, AviatorResources.PagePort];
        foreach (var port in links)
            if (Open(port) is { } listener) opened.Add(listener);
        Environment.SetEnvironmentVariable(Variable, string.Join(',', opened));
    }

    /// <summary>Takes over the sockets that <see cref="Prepare"/> opened.</summary>
    /// <param name="open">Whether to forward what connects to them; otherwise they are closed, since this network is the one they were
    /// opened in.</param>
    public static void Adopt(bool open)
    {
        foreach (var listener in (Environment.GetEnvironmentVariable(Variable) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var (descriptor, port) = listener.Split('=') is [var first, var second]
                ? (Number(first), Number(second))
                : throw new FormatException(listener);
            ProcessImage.SetInherited(descriptor, inherited: false);
            var socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
            if (open) _ = AcceptAsync(socket, port);
            else socket.Dispose();
        }

        Environment.SetEnvironmentVariable(Variable, null);
    }

    private static IEnumerable<int> DashboardPorts() =>
        (Environment.GetEnvironmentVariable("ASPNETCORE_URLS") ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(url => Uri.TryCreate(url, UriKind.Absolute, out var address) ? address.Port : 0).Where(port => port > 0);

    private static string? Open(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen();
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }

        var descriptor = (int)socket.SafeHandle.DangerousGetHandle();
        ProcessImage.SetInherited(descriptor, inherited: true);
        return string.Create(CultureInfo.InvariantCulture, $"{descriptor}={port}");
    }

    private static async Task AcceptAsync(Socket listener, int port)
    {
        while (true)
        {
            var client = await listener.AcceptAsync();
            _ = ForwardAsync(client, port);
        }
    }

    private static async Task ForwardAsync(Socket client, int port)
    {
        using var browser = new NetworkStream(client, ownsSocket: true);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port);
            using var inside = new NetworkStream(socket);
            // Either side's end is the end: a browser's connection has no use for half of it.
            await Task.WhenAny(browser.CopyToAsync(inside), inside.CopyToAsync(browser));
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            // Nothing listens inside yet, or one side was reset; the browser sees a closed connection.
        }
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
