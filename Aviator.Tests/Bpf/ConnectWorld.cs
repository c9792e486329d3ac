using System.Net;
using System.Net.Sockets;
using Aviator.Agent.Steering;
using Aviator.Tests.Tooling.Processes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Aviator.Tests.Bpf;

/// <summary>
/// A network namespace whose loopback has the Services' addresses 192.0.2.0/24 and 2001:db8::/64, so that a connect that passes reaches
/// a listener there as it would reach kube-proxy's choice; a bpffs; and a table of Services pinned on it.
/// </summary>
internal sealed class ConnectWorld : IDisposable
{
    internal static readonly IPAddress Service = IPAddress.Parse("192.0.2.1");
    internal static readonly IPAddress ServiceV6 = IPAddress.Parse("2001:db8::1");
    internal static readonly TimeSpan FailOpenAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private readonly List<Socket> _sockets = [];
    private readonly string _bpffs = Directory.CreateTempSubdirectory("aviator-bpffs-").FullName;

    internal ConnectWorld(ConnectTableOptions? options = null)
    {
        Command.Run("mount", "-t", "bpf", "bpf", _bpffs);
        Network.Inside("ip", "address", "add", "192.0.2.0/24", "dev", "lo");
        Network.Inside("ip", "address", "add", "2001:db8::1/64", "dev", "lo", "nodad");
        // "local" makes all of 192.0.2.0/24 this namespace's own.
        Network.Inside("ip", "route", "replace", "local", "192.0.2.0/24", "dev", "lo");
        Options = new ConnectTableOptions
        {
            PinDirectory = $"{_bpffs}/aviator/v1",
            MaxServices = options?.MaxServices ?? 64,
            MaxEndpoints = options?.MaxEndpoints ?? 4096,
        };
        Table = Open();
    }

    internal TestNetwork Network { get; } = new();

    internal ConnectTableOptions Options { get; }

    /// <summary>The present one: <see cref="Reopen"/> makes another.</summary>
    internal ConnectTable Table { get; private set; }

    internal ConnectTable Open(ConnectTableOptions? options = null) => ConnectTable.Open(options ?? Options, NullLogger.Instance);

    /// <summary>As an agent's restart does: the process's part ends, and another begins.</summary>
    internal ConnectTable Reopen(ConnectTableOptions? options = null)
    {
        Table.Dispose();
        return Table = Open(options);
    }

    /// <summary>Listeners on ports of their own.</summary>
    internal Socket[] Listen(int count, IPAddress? address = null) =>
        [.. Enumerable.Range(0, count).Select(_ => Listen(new IPEndPoint(address ?? IPAddress.Loopback, 0)))];

    internal Socket Listen(IPEndPoint endpoint) => Network.Run(() =>
    {
        var listener = Keep(new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(endpoint);
        listener.Listen(4096);
        return listener;
    });

    /// <summary>A Service of these listeners, each with a weight, requests in flight, and whether it is of the canary.</summary>
    internal static ConnectService ServiceOf(
        IEnumerable<Socket> listeners, IReadOnlyList<double>? weights = null, IReadOnlyList<int>? inFlight = null,
        IPAddress? address = null, int port = 80, IReadOnlyList<bool>? canary = null) =>
        new(address ?? Service, port, FailOpenAfter, [.. listeners.Select((listener, i) => (IPEndPoint)listener.LocalEndPoint! is var at
            ? new ConnectEndpoint(at.Address, at.Port, weights?[i] ?? 1, inFlight?[i] ?? 0, Canary: canary?[i] ?? false)
            : null!)]);

    /// <summary>Puts these Services in force.</summary>
    internal void Give(params ConnectService[] services)
    {
        Table.Apply(services);
        Table.Beat(TimeSpan.Zero);
    }

    internal Socket Client(AddressFamily family, SocketType type = SocketType.Stream, ProtocolType protocol = ProtocolType.Tcp) =>
        Network.Run(() =>
        {
            var client = Keep(new Socket(family, type, protocol));
            if (family == AddressFamily.InterNetworkV6) client.DualMode = true;
            return client;
        });

    /// <summary>Connects a new socket and tells which listener got it.</summary>
    internal int Connect(IPEndPoint service, IReadOnlyList<Socket> listeners)
    {
        using var client = Network.Run(() => new Socket(service.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        client.LingerState = new LingerOption(true, 0);
        if (service.AddressFamily == AddressFamily.InterNetworkV6) client.DualMode = true;
        client.Connect(service);
        return Accepted(listeners);
    }

    /// <summary>The listener at which a connection waits.</summary>
    internal static int Accepted(IReadOnlyList<Socket> listeners)
    {
        var ready = listeners.ToList();
        Socket.Select(ready, null, null, Limit);
        if (ready.Count == 0) return -1;
        ready[0].Accept().Dispose();
        return listeners.ToList().IndexOf(ready[0]);
    }

    /// <summary>How many of a number of connects each listener gets; all on one thread inside, which spares a thread for each.</summary>
    /// <param name="connects">How many.</param>
    /// <param name="listeners">Where they can arrive.</param>
    /// <param name="service">The Service's address; null for <see cref="Service"/>.</param>
    /// <param name="each">Called with its number before each.</param>
    /// <param name="keep">Takes each connection and its listener's number, to close it when it likes; null: closed at once.</param>
    internal int[] Shares(
        int connects, IReadOnlyList<Socket> listeners, IPAddress? service = null, Action<int>? each = null,
        Action<int, Socket>? keep = null) =>
        Network.Run(() =>
        {
            var shares = new int[listeners.Count];
            var endpoint = new IPEndPoint(service ?? Service, 80);
            for (var i = 0; i < connects; i++)
            {
                each?.Invoke(i);
                var client = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                client.LingerState = new LingerOption(true, 0);
                client.Connect(endpoint);
                var listener = Accepted(listeners);
                shares[listener]++;
                if (keep is null) client.Dispose();
                else keep(listener, client);
            }

            return shares;
        });

    /// <summary>Keeps a connection open until the end of the test.</summary>
    internal void KeepOpen(int listener, Socket client) => Keep(client);

    public void Dispose()
    {
        foreach (var socket in _sockets) socket.Dispose();
        try
        {
            Table.Dispose();
            Open().Remove();
        }
        finally
        {
            Command.Run("umount", "--lazy", _bpffs); // another test may be starting a process, which has its files for a moment
            Directory.Delete(_bpffs);
            Network.Dispose();
        }
    }

    private Socket Keep(Socket socket)
    {
        lock (_sockets) _sockets.Add(socket);
        return socket;
    }
}

/// <summary>One table at a time: the hooks see every network namespace, and all of these tests use the same Services' addresses.</summary>
[CollectionDefinition(Name)]
public sealed class ConnectCollection
{
    public const string Name = "Connect";
}
