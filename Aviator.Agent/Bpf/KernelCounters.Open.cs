namespace Aviator.Agent.Bpf;

public sealed partial class KernelCounters
{
    private static readonly TimeSpan SelfTestLimit = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Chooses the best set of hooks that works here: it loads, attaches, and counts a request made on loopback. An attach that succeeds
    /// and never fires is known, so nothing less than a counted request will do.
    /// </summary>
    /// <exception cref="BpfUnavailableException">None works; the message says why.</exception>
    public static KernelCounters Open(KernelCountersOptions options, ILogger logger)
    {
        if (options.MaxConnections is < 0 or > ConnectionTable.MaxRows)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), options.MaxConnections, $"{nameof(options.MaxConnections)} must be 0 to {ConnectionTable.MaxRows}.");
        }

        var tried = new List<HookAttempt>();
        KernelPrograms.RequireIn(options.Programs);
        try
        {
            foreach (var hooks in HookSet.All.Where(h => options.Hooks is null || options.Hooks.Contains(h.Name)))
            {
                var (counters, failure) = Try(hooks, options, logger);
                tried.Add(new HookAttempt(hooks.Name, failure));
                if (counters is not null)
                {
                    counters._tried = tried;
                    ChoseHooks(logger, hooks.Name, counters._walk ?? "none");
                    return counters;
                }

                RejectedHooks(logger, hooks.Name, failure!);
            }
        }
        catch (DllNotFoundException e)
        {
            throw new BpfUnavailableException("The library libbpf.so.1 is missing; install libbpf1 (1.1 or newer).", tried, e);
        }

        throw new BpfUnavailableException(KernelDiagnosis.Explain(tried), tried);
    }

    private static (KernelCounters? Counters, string? Failure) Try(HookSet hooks, KernelCountersOptions options, ILogger logger)
    {
        KernelCounters? counters = null;
        try
        {
            counters = Attach(hooks, options, logger);
            var result = KernelSelfTest.Run(counters, 1, SelfTestLimit);
            if (result.Exact) return (counters, null);
            counters.Dispose();
            return (null, result.Failure ?? $"attached, but counted {result.Counted} of {result.Made} requests of the self-test");
        }
        catch (Exception e) when (e is LibBpfException or InvalidOperationException or IOException)
        {
            counters?.Dispose();
            return (null, e.Message);
        }
    }

    private static KernelCounters Attach(HookSet hooks, KernelCountersOptions options, ILogger logger)
    {
        using var cgroup = hooks.Hooks.Any(h => h.Attach == AttachKind.Cgroup) ? OpenCgroup() : null;
        var obj = BpfObject.Open(hooks.Resource);
        KernelCounters? counters = null;
        try
        {
            Configure(hooks, obj, options);
            obj.Load(hooks.Programs.ToHashSet());
            foreach (var call in hooks.TailCalls) obj.Map(call.Map).Set(call.Index, obj.ProgramFd(call.Program));
            var walk = hooks.InSockets ? OpenWalk(obj.Map("connections"), options, logger) : null;
            counters = new KernelCounters(hooks, obj, walk, options, logger);
            foreach (var hook in hooks.Hooks) obj.Attach(hook, cgroup);
            return counters;
        }
        catch
        {
            if (counters is null) obj.Dispose();
            else counters.Dispose();
            throw;
        }
    }

    /// <summary>The first walk that works; null without any, which leaves out only connections that are not in the table.</summary>
    private static ConnectionWalk? OpenWalk(BpfMap connections, KernelCountersOptions options, ILogger logger)
    {
        foreach (var name in ConnectionWalk.All.Where(w => options.Walks is null || options.Walks.Contains(w)))
        {
            try
            {
                return new ConnectionWalk(name, connections);
            }
            catch (LibBpfException e)
            {
                RejectedWalk(logger, name, e.Message);
            }
        }

        return null;
    }

    private static FileDescriptor OpenCgroup()
    {
        var root = CgroupRoot.Find();
        return new FileDescriptor(LibBpfException.Check(LibBpf.Open(root, 0), $"open {root}"));
    }

    private static void Configure(HookSet hooks, BpfObject obj, KernelCountersOptions options)
    {
        obj.SetKnobs(options);
        obj.Map("interest").SetMaxEntries(options.MaxEndpoints + 1); // one more for the self-test
        CounterTable.Configure(obj, options.MaxEndpoints);
        if (hooks.InSockets) ConnectionTable.Configure(obj, options.MaxConnections);
    }

    [LoggerMessage(
        Level = LogLevel.Information, Message = "Measuring in the kernel by hook set {Hooks} (walk over older connections: {Walk})")]
    private static partial void ChoseHooks(ILogger logger, string hooks, string walk);

    [LoggerMessage(Level = LogLevel.Information, Message = "Skipped hook set {Hooks}: {Reason}")]
    private static partial void RejectedHooks(ILogger logger, string hooks, string reason);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Connections that exist already could not be taken up; they are not measured: {Reason}")]
    private static partial void CannotAdopt(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Skipped the walk {Walk}: {Reason}")]
    private static partial void RejectedWalk(ILogger logger, string walk, string reason);
}
