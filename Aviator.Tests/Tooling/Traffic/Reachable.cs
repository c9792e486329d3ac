using System.Net;
using System.Net.Sockets;

namespace Aviator.Tests.Tooling.Traffic;

/// <summary>
/// Waits until kube-proxy leads to a Service. Its slices can be seen a moment before its rules stand: what is sent in between is refused or
/// dropped, no matter who publishes the slices, and must not be taken for a fault of what is tried.
/// </summary>
internal static class Reachable
{
    private const int InARow = 3;

    /// <summary>
    /// An attempt before the rules stand is remembered by its ports for two minutes (conntrack), untranslated, and a later connection that
    /// is given the same source port is lost. So these come from ports that the kernel never chooses.
    /// </summary>
    private const int FirstPort = 20_000, PortCount = 10_000;

    private static int _attempts = Random.Shared.Next(PortCount);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan OneTry = TimeSpan.FromMilliseconds(500);

    /// <summary>Returns once a few connections in a row were accepted.</summary>
    /// <exception cref="TimeoutException">None were within 30 s.</exception>
    public static async Task WaitAsync(IPEndPoint service, CancellationToken cancellationToken)
    {
        var accepted = 0;
        await Waiting.UntilAsync($"kube-proxy to lead to {service}", Limit, async () =>
            (accepted = await AcceptsAsync(service, cancellationToken) ? accepted + 1 : 0) >= InARow, cancellationToken);
    }

    private static async Task<bool> AcceptsAsync(IPEndPoint service, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(OneTry);
        using var socket = new Socket(service.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(service.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any,
                FirstPort + ((int)((uint)Interlocked.Increment(ref _attempts) % PortCount))));
            await socket.ConnectAsync(service, limit.Token);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
