using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Aviator.Agent.Bpf;

namespace Aviator.Agent.Steering;

/// <summary>
/// One real connect for each family of sockets, to an address that nobody has, given to a listener of its own. From the process's own
/// cgroup; if that is the root, from one below it, as a pod's connects come.
/// </summary>
internal sealed class ConnectSelfTest : IDisposable
{
    private const int Microseconds = 1_000_000;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    /// <summary>Of the addresses for documentation (RFC 5737): no Service has it, and no route leads there.</summary>
    private static readonly IPAddress Address = IPAddress.Parse("192.0.2.254");

    private readonly string _root;
    private readonly IPEndPoint _service;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    /// <param name="root">The root of cgroup v2 that the hooks are at.</param>
    internal ConnectSelfTest(string root)
    {
        _root = root;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        var endpoint = (IPEndPoint)_listener.LocalEndPoint!;
        // A port of its own for each: a table of another process may have the same address.
        _service = new IPEndPoint(Address, endpoint.Port);
        Plan = new ServicePlan(new ServiceKey(Address, _service.Port), ConnectLayout.Always,
            [new Target(endpoint.Address, endpoint.Port, ConnectLayout.FullWeight)], [default]);
    }

    /// <summary>What the table must hold for the test.</summary>
    internal ServicePlan Plan { get; }

    /// <summary>Whether every connect reached the listener and its socket still names the Service.</summary>
    internal bool Run()
    {
        var given = false;
        var thread = new Thread(() => given = FromBelowTheRoot(() => IsGiven(IPAddress.Loopback, _service)
            && (!Socket.OSSupportsIPv6 || IsGiven(IPAddress.Loopback.MapToIPv6(), new IPEndPoint(Address.MapToIPv6(), _service.Port)))));
        thread.Start();
        thread.Join();
        return given;
    }

    public void Dispose() => _listener.Dispose();

    private bool IsGiven(IPAddress source, IPEndPoint service)
    {
        using var client = new Socket(service.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (service.AddressFamily == AddressFamily.InterNetworkV6) client.DualMode = true;
            client.Bind(new IPEndPoint(source, 0)); // from loopback, a connect that is not given leaves the machine on no account
            if (!client.ConnectAsync(service).Wait(Limit)) return false;
            if (!_listener.Poll((int)Limit.TotalSeconds * Microseconds, SelectMode.SelectRead)) return false;
            using var accepted = _listener.Accept();
            return client.RemoteEndPoint!.Equals(service);
        }
        catch (Exception e) when (e is SocketException or AggregateException { InnerException: SocketException })
        {
            return false;
        }
    }

    /// <summary>A thread can be in a cgroup of its own where it is a threaded one (cgroups(7)).</summary>
    private bool FromBelowTheRoot(Func<bool> action)
    {
        if (!IsAtRoot()) return action();
        var below = $"{_root}/aviator-{Environment.ProcessId}";
        var thread = LibBpf.ThreadId().ToString(CultureInfo.InvariantCulture);
        try
        {
            Directory.CreateDirectory(below);
            File.WriteAllText($"{below}/cgroup.type", "threaded");
            File.WriteAllText($"{below}/cgroup.threads", thread);
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return action(); // no right to make one: then the connect is from the root itself
        }
        finally
        {
            Leave(below, thread);
        }
    }

    private void Leave(string below, string thread)
    {
        try
        {
            File.WriteAllText($"{_root}/cgroup.threads", thread);
            if (Directory.Exists(below)) Directory.Delete(below);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What could not be made cannot be left; the next test finds an empty cgroup and uses it.
        }
    }

    private bool IsAtRoot()
    {
        var own = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        return File.ReadLines($"{_root}/cgroup.procs").Contains(own);
    }
}
