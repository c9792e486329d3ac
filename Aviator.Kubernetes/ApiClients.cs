using k8s;

namespace Aviator.Kubernetes;

/// <summary>Makes clients of the API server that notice when their connection has died.</summary>
public static class ApiClients
{
    /// <summary>Silence on a connection in use after which the server is asked for a sign of life (an HTTP/2 PING).</summary>
    public static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(10);

    /// <summary>How long the sign of life may take, and a new connection: a server under load is slow, and not gone.</summary>
    public static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Makes a client. All requests and watches share one HTTP/2 connection; when the machine or the load balancer behind it goes without a
    /// word, every one of them hangs. By the client's own defaults that is noticed after three and a half minutes, in which dead pods would
    /// keep their traffic and every leader would lose its lease.
    /// </summary>
    /// <param name="config">Address and credentials.</param>
    /// <param name="pingDelay">In place of <see cref="PingDelay"/>; at least a second.</param>
    /// <param name="pingTimeout">In place of <see cref="PingTimeout"/>; at least a second.</param>
    public static k8s.Kubernetes Create(KubernetesClientConfiguration config, TimeSpan? pingDelay = null, TimeSpan? pingTimeout = null)
    {
        // The client hands its own handler to the ones given, and only to them.
        var first = new PassingHandler();
        var client = new k8s.Kubernetes(config, first);
        if (first.InnerHandler is not SocketsHttpHandler sockets)
            throw new NotSupportedException("The Kubernetes client no longer sends by a SocketsHttpHandler.");
        sockets.KeepAlivePingDelay = pingDelay ?? PingDelay;
        sockets.KeepAlivePingTimeout = pingTimeout ?? PingTimeout;
        sockets.ConnectTimeout = PingTimeout;
        return client;
    }

    private sealed class PassingHandler : DelegatingHandler;
}
