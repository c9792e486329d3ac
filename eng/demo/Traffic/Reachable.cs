using System.Net;
using System.Net.Sockets;

namespace Aviator.Demo.Traffic;

/// <summary>
/// Waits until kube-proxy leads to a Service. Its slices can be seen a moment before its rules stand: what is sent in between is refused or
/// dropped, whoever publishes the slices, and must not be taken for a fault of what is tried.
/// </summary>
internal static class Reachable
{
    private const int InARow = 3;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan OneTry = TimeSpan.FromMilliseconds(500);

    /// <summary>Returns once a few connections in a row were accepted.</summary>
    /// <exception cref="TimeoutException">None were within 30 s.</exception>
    public static async Task WaitAsync(IPEndPoint service, CancellationToken cancellationToken)
    {
        var accepted = 0;
        await Waiting.UntilAsync($"kube-proxy to lead to {service}", Limit, async () => (accepted = await AcceptsAsync(service, cancellationToken) ? accepted + 1 : 0) >= InARow, cancellationToken);
    }

    private static async Task<bool> AcceptsAsync(IPEndPoint service, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(OneTry);
        using var socket = new Socket(service.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
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
