using Aviator.Agent.Bpf;

namespace Aviator.Agent.Steering;

internal sealed partial class ConnectTable
{
    private const string Resource = "service_connect.bpf.o";
    private static readonly TimeSpan LockLimit = TimeSpan.FromSeconds(5);

    /// <summary>Opens the one table of a node, below the folder that the agent's options name.</summary>
    /// <inheritdoc cref="OpenConnectTable"/>
    internal static IConnectTable Open(SteeringOptions options, ILogger logger) =>
        Open(new ConnectTableOptions { PinDirectory = Path.Combine(options.PinPath, ConnectTableOptions.Version) }, logger);

    /// <summary>
    /// Loads the hooks and attaches them at the root of cgroup v2. What an earlier process pinned is taken over as it is, so that a
    /// restart is no interruption; if it is of another layout, a new and empty table takes its place.
    /// </summary>
    /// <exception cref="BpfUnavailableException">It cannot be done here; the message says why.</exception>
    internal static ConnectTable Open(ConnectTableOptions options, ILogger logger)
    {
        options.Validate();
        KernelPrograms.RequireIn(typeof(ConnectTable).Assembly);
        try
        {
            var table = Load(options, logger);
            Opened(logger, table.IsAdopted ? "an earlier process's table" : "a new table",
                table.IsPinned ? $"pinned at {options.PinDirectory}" : "not pinned");
            return table;
        }
        catch (DllNotFoundException e)
        {
            throw new BpfUnavailableException("The library libbpf.so.1 is missing; install libbpf1 (1.1 or newer).", [], e);
        }
        catch (InvalidOperationException e)
        {
            throw new BpfUnavailableException($"The kernel cannot be used for steering: {e.Message}.", [], e);
        }
        catch (Exception e) when (e is LibBpfException or IOException or UnauthorizedAccessException)
        {
            throw new BpfUnavailableException(KernelDiagnosis.Explain([new HookAttempt("cgroup/connect", e.Message)], "steering"), [], e);
        }
    }

    private static ConnectTable Load(ConnectTableOptions options, ILogger logger)
    {
        var root = CgroupRoot.Find();
        using var cgroup = new FileDescriptor(LibBpfException.Check(LibBpf.Open(root, 0), $"open {root}"));
        var pins = TakePins(options.PinDirectory, logger);
        var opened = new Stack<IDisposable>();
        try
        {
            if (pins is not null) opened.Push(pins);
            var obj = BpfObject.Open(Resource);
            opened.Push(obj);
            var adopted = ConnectMaps.Prepare(obj, options, pins);
            obj.Load(ConnectHooks.Programs);
            var control = new SharedArray<ConnectControl>(obj, ConnectMaps.Control);
            opened.Push(control);
            if (!adopted) control[0].Layout = ConnectLayout.Version;
            if (!adopted && pins is not null) ConnectMaps.Pin(obj, pins);
            var entries = new ConnectEntries(obj);
            opened.Push(entries);
            var hooks = ConnectHooks.Attach(obj, cgroup, pins);
            return new ConnectTable(obj, hooks, pins, control, entries, root) { IsAdopted = adopted };
        }
        catch
        {
            while (opened.TryPop(out var part)) part.Dispose();
            throw;
        }
    }

    /// <summary>Null, with a warning, where nothing can be pinned: steering works there, and ends with the process.</summary>
    private static PinDirectory? TakePins(string directory, ILogger logger)
    {
        try
        {
            if (PinDirectory.IsPossible(directory)) return PinDirectory.Take(directory, LockLimit);
            CannotPin(logger, directory, "no bpffs is mounted above it (mount -t bpf bpf /sys/fs/bpf)");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            CannotPin(logger, directory, e.Message);
        }

        return null;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Attached the connect hooks to {Table}, {Pinned}")]
    private static partial void Opened(ILogger logger, string table, string pinned);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Nothing can be pinned at {Directory}, so kube-proxy chooses while the agent restarts: {Reason}")]
    private static partial void CannotPin(ILogger logger, string directory, string reason);
}
