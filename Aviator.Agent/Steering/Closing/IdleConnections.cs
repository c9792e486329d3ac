using System.Runtime.InteropServices;
using Aviator.Agent.Bpf;
using Aviator.Agent.Interest;

namespace Aviator.Agent.Steering.Closing;

/// <summary>
/// bpf/idle_connections.bpf.c follows what the clients exchange; a walk over all open files finds their sockets. Needs 5.11, tracing
/// rights, kernel types, and the host's process namespace to see the pods' sockets.
/// </summary>
internal sealed unsafe class IdleConnections : IIdleConnections
{
    private const string Resource = "idle_connections.bpf.o";
    private static readonly string[] Hooks = ["follow_request", "follow_answer"];
    private const string Walk = "given_walk";
    private const int NoEntry = 2; // ENOENT
    private const int NotPermitted = 1; // EPERM
    private const int Denied = 13; // EACCES

    private readonly BpfObject _object = BpfObject.Open(Resource);
    private readonly List<BpfLinkHandle> _links = [];
    private readonly HashSet<EndpointAddress> _followed = [];
    private readonly int _given;
    private readonly int _exchanges;

    /// <summary>Loads the programs and attaches them.</summary>
    /// <param name="given">The loaded connect hooks' map of what sockets were given.</param>
    /// <param name="cgroup">The root of cgroup v2.</param>
    /// <exception cref="LibBpfException">This kernel or these rights do not allow it.</exception>
    internal IdleConnections(BpfMap given, FileDescriptor cgroup)
    {
        try
        {
            RequireRights();
            _object.Map(ConnectMaps.Given).Share(given);
            _object.Load(new HashSet<string>([.. Hooks, Walk]));
            (_given, _exchanges) = (_object.Map(ConnectMaps.Given).Fd, _object.Map("exchanges").Fd);
            foreach (var hook in Hooks) _links.Add(_object.AttachTo(cgroup, hook));
            _links.Add(_object.AttachWalk(Walk));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Follow(IReadOnlySet<EndpointAddress> endpoints)
    {
        if (_followed.SetEquals(endpoints)) return;
        var map = _object.Map("followed");
        foreach (var gone in _followed.Where(endpoint => !endpoints.Contains(endpoint)).ToList())
        {
            map.Delete(EndpointKey.From(gone.Address, gone.Port));
            _followed.Remove(gone);
        }

        foreach (var endpoint in endpoints)
            if (_followed.Add(endpoint))
                map.Set(EndpointKey.From(endpoint.Address, endpoint.Port), 1u);
    }

    public string? Impairment { get; private set; }

    public IReadOnlyList<ClientConnection> Find()
    {
        Impairment = null;
        var rows = new Dictionary<(ulong, ulong), GivenRow>();
        BpfWalk.Read<GivenRow>(_links[^1], Walk, (in row) => rows.TryAdd((row.Socket, row.GivenNs), row));
        return [.. rows.Select(row => Look(row.Key, row.Value))];
    }

    public bool TryClose(ClientConnection connection)
    {
        try
        {
            using var socket = BorrowedSocket.Take(connection.Process, connection.Descriptor);
            // In the meantime another connection may have got the descriptor, or a request may have begun.
            if (GivenNs(socket) != connection.Id.GivenNs || IdleFor(socket) is null) return false;
            socket.ShutForReading();
            return true;
        }
        catch (LibBpfException gone) when (IsGone(gone))
        {
            return false;
        }
    }

    public void Dispose()
    {
        foreach (var link in _links) link.Dispose();
        _object.Dispose();
    }

    private ClientConnection Look((ulong, ulong) id, GivenRow row)
    {
        TimeSpan? idle = null;
        try
        {
            using var socket = BorrowedSocket.Take(row.Process, row.Descriptor);
            if (GivenNs(socket) == row.GivenNs) idle = IdleFor(socket);
        }
        catch (LibBpfException gone) when (IsGone(gone))
        {
            // Closed since the walk.
        }
        catch (LibBpfException refused) when (refused.Errno is NotPermitted or Denied)
        {
            // A security module may allow some processes and not others.
            Impairment = $"The connections of process {row.Process} and maybe others cannot be closed: {refused.Message}";
        }

        return new(id, ServiceKey.FromKernel(row.Service), new(row.Endpoint.Address.ToIPAddress(), row.Endpoint.Port),
            row.Process, row.Descriptor, idle);
    }

    /// <summary>
    /// How long nothing has been awaited on it. The exchange is read before TCP's figures: what happens between shows as bytes too many.
    /// </summary>
    private TimeSpan? IdleFor(BorrowedSocket socket)
    {
        var exchange = default(LastExchange);
        if (!TryRead(_exchanges, socket, &exchange) || exchange.RequestHave == 0 || socket.Position() is not { } now) return null;
        var (sent, received) = ((long)(now.Sent - exchange.SentBefore), (long)(now.Received - exchange.ReceivedBefore));
        var tail = exchange.TailSeq - exchange.AnswerSeq == (uint)received ? exchange.Tail : 0;
        ReadOnlySpan<byte> request = exchange.Request, answer = exchange.Answer;
        return HttpExchange.IsOver(request[..exchange.RequestHave], answer[..exchange.AnswerHave], new(sent, received, tail))
            ? now.Idle
            : null;
    }

    private ulong? GivenNs(BorrowedSocket socket)
    {
        var mark = default(GivenMark);
        return TryRead(_given, socket, &mark) ? mark.GivenNs : null;
    }

    private static bool TryRead<T>(int map, BorrowedSocket socket, T* value)
        where T : unmanaged
    {
        var fd = socket.Fd;
        if (LibBpf.MapLookup(map, &fd, value) >= 0) return true;
        var errno = Marshal.GetLastPInvokeError();
        return errno == NoEntry ? false : throw new LibBpfException("read a socket's storage", errno);
    }

    /// <summary>Known before the first client's socket is refused.</summary>
    private static void RequireRights()
    {
        if (!Capabilities.Has(Capability.SysPtrace))
            throw new BpfUnavailableException(
                "The agent may not close other processes' sockets: it needs the capability SYS_PTRACE " +
                "(the chart's value agent.steering.closeIdle).", []);
    }

    /// <summary>ESRCH, EBADF: the process or its file. EINVAL, ENOTCONN, ENOTSOCK: the socket is closed, or the file is another.</summary>
    private static bool IsGone(LibBpfException fault) => fault.Errno is 3 or 9 or 22 or 88 or 107;
}
