using Aviator.Agent.Bpf;
using Aviator.Agent.Interest;
using Aviator.Agent.Steering.Closing;

namespace Aviator.Agent.Steering;

/// <summary>The kernel's table by native libbpf: bpf/service_connect.bpf.c chooses from it.</summary>
internal sealed partial class ConnectTable : IConnectTable
{
    private const ulong NanosecondsPerTick = 100;

    private readonly Lock _lock = new();
    private readonly BpfObject _object;
    private readonly ConnectHooks _hooks;
    private readonly PinDirectory? _pins;
    private readonly SharedArray<ConnectControl> _control;
    private readonly ConnectEntries _entries;
    private readonly string _cgroup;
    private ServiceKey? _tested;
    private bool _disposed;

    private ConnectTable(BpfObject obj, ConnectHooks hooks, PinDirectory? pins, SharedArray<ConnectControl> control,
        ConnectEntries entries, string cgroup) =>
        (_object, _hooks, _pins, _control, _entries, _cgroup) = (obj, hooks, pins, control, entries, cgroup);

    /// <summary>Whether the table outlives the process; without a mounted bpffs the hooks end with it, and kube-proxy chooses.</summary>
    internal bool IsPinned => _pins is not null;

    /// <summary>Whether an earlier process's table was taken over, as it was.</summary>
    internal bool IsAdopted { get; private init; }

    /// <summary>What the kernel's accounting says of one of the programs.</summary>
    internal ProgramInfo ProgramInfo(string program) => _object.Info(program);

    public void Apply(IReadOnlyCollection<ConnectService> services)
    {
        var plans = services.Select(ServicePlan.From).ToList();
        if (plans.DistinctBy(plan => plan.Key).Count() < plans.Count)
            throw new ArgumentException("An address and port of a Service is given twice.", nameof(services));
        Locked(() =>
        {
            var wanted = plans.Select(plan => plan.Key).ToHashSet();
            _entries.Change(plans, _entries.Keys.Where(key => key != _tested && !wanted.Contains(key)).ToList());
        });
    }

    public void Beat(TimeSpan age)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(age, TimeSpan.Zero);
        var now = BootClock.Now();
        var ago = (ulong)age.Ticks * NanosecondsPerTick;
        Locked(() => Volatile.Write(ref _control[0].OrderedNs, ago < now ? now - ago : 0));
    }

    public IReadOnlyList<ConnectCounts> Read()
    {
        IReadOnlyList<ConnectCounts> counts = [];
        Locked(() => counts = [.. _entries.Read().Where(count => new ServiceKey(count.Address, count.Port) != _tested)]);
        return counts;
    }

    public IReadOnlyDictionary<EndpointAddress, int> ReadOpen()
    {
        Dictionary<EndpointAddress, int> open = [];
        Locked(() => open = _entries.ReadOpen()
            .ToDictionary(cell => new EndpointAddress(cell.Endpoint.Address, cell.Endpoint.Port), cell => cell.Open));
        return open;
    }

    /// <summary>Connects from these network namespaces pass, and from no others.</summary>
    /// <param name="cookies">What the socket option SO_NETNS_COOKIE says inside; at most 4,096.</param>
    /// <exception cref="LibBpfException">There are too many.</exception>
    internal void ExcludeNetworks(IReadOnlySet<ulong> cookies) => Locked(() =>
    {
        var map = _object.Map(ConnectMaps.ExcludedNetworks);
        var there = new List<ulong>();
        map.ForEach((in ulong cookie, in uint _) => there.Add(cookie));
        foreach (var cookie in there.Where(cookie => !cookies.Contains(cookie))) map.Delete(cookie);
        foreach (var cookie in cookies) map.Set(cookie, 1u);
    });

    public bool IsGiving()
    {
        using var test = new ConnectSelfTest(_cgroup);
        var plan = test.Plan;
        // An entry of its own, which needs no order: whether the hooks work is another question than whether the leader is heard.
        Locked(() =>
        {
            if (_tested is not null) throw new InvalidOperationException("A self-test is under way.");
            _entries.Change([plan], []);
            _tested = plan.Key;
        });
        try
        {
            return test.Run();
        }
        finally
        {
            Locked(() =>
            {
                _tested = null;
                _entries.Change([], [plan.Key]);
            });
        }
    }

    public IIdleConnections FollowConnections()
    {
        try
        {
            IIdleConnections? connections = null;
            Locked(() =>
            {
                using var cgroup = new FileDescriptor(LibBpfException.Check(LibBpf.Open(_cgroup, 0), $"open {_cgroup}"));
                connections = new IdleConnections(_object.Map(ConnectMaps.Given), cgroup);
            });
            return connections!;
        }
        catch (LibBpfException fault)
        {
            throw new BpfUnavailableException(
                $"Idle connections cannot be closed on this kernel ({SelfTestCommand.KernelRelease()}): that needs 5.11 or later with " +
                $"type information (BTF), and the capabilities PERFMON and SYS_PTRACE ({fault.Message})", [], fault);
        }
    }

    public void Remove()
    {
        Locked(() =>
        {
            _hooks.Detach();
            _pins?.Delete();
        });
        Dispose();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed) return;
            _disposed = true;
            _entries.Dispose();
            _control.Dispose();
            _hooks.Dispose();
            _object.Dispose();
            _pins?.Dispose();
        }
    }

    private void Locked(Action action)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            action();
        }
    }
}
