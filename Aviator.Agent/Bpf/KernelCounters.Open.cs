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
                    ChoseHooks(logger, hooks.Name, counters._connections is not null);
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
        IConnectionReader? connections = null;
        try
        {
            Configure(obj, options);
            obj.Load(hooks.Hooks.Select(h => h.Program).ToHashSet());
            connections = OpenConnections(hooks, obj.Map("connections"), logger);
            foreach (var hook in hooks.Hooks) obj.Attach(hook, cgroup);
            return new KernelCounters(hooks, obj, connections, options, logger);
        }
        catch
        {
            connections?.Dispose();
            obj.Dispose();
            throw;
        }
    }

    /// <summary>The walk needs tracing rights and kernel types, which measuring does without: then requests in flight are not known, latency is.</summary>
    private static IConnectionReader? OpenConnections(HookSet hooks, BpfMap connections, ILogger logger)
    {
        if (!hooks.InSockets) return new ConnectionMap(connections);
        try
        {
            return new ConnectionWalk(connections);
        }
        catch (LibBpfException e)
        {
            CannotReadInFlight(logger, e.Message);
            return null;
        }
    }

    private static FileDescriptor OpenCgroup()
    {
        var root = CgroupRoot.Find();
        return new FileDescriptor(LibBpfException.Check(LibBpf.Open(root, 0), $"open {root}"));
    }

    private static void Configure(BpfObject obj, KernelCountersOptions options)
    {
        obj.SetKnobs(options);
        obj.Map("endpoints").SetMaxEntries(options.MaxEndpoints);
        obj.Map("interest").SetMaxEntries(options.MaxEndpoints + 1); // one more for the self-test
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Measuring in the kernel by hook set {Hooks} (requests in flight readable: {Walk})")]
    private static partial void ChoseHooks(ILogger logger, string hooks, bool walk);

    [LoggerMessage(Level = LogLevel.Information, Message = "Skipped hook set {Hooks}: {Reason}")]
    private static partial void RejectedHooks(ILogger logger, string hooks, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Connections that exist already could not be taken up; they are not measured: {Reason}")]
    private static partial void CannotAdopt(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Requests in flight cannot be read on this kernel: {Reason}")]
    private static partial void CannotReadInFlight(ILogger logger, string reason);
}
