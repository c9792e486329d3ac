namespace Aviator.AppHost.Plain;

/// <summary>
/// Runs the topology as child processes: for machines that cannot have Aspire's packages. It starts, watches and ends them, and prints what they
/// say; whoever wants a dashboard takes Aspire.
/// </summary>
internal sealed class PlainHost : IAsyncDisposable
{
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StepLimit = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan StartPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan WatchPause = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    /// <summary>Own slices outlive a release by 30 s, so that every kube-proxy has seen it.</summary>
    private static readonly TimeSpan WithdrawalLimit = TimeSpan.FromSeconds(100);
    private readonly List<RunningPart> _running = [];
    private readonly ConsoleLines _console = new(Console.Out);
    private readonly LocalRedis? _redis = LocalRedis.Find();
    private readonly HealthCheck _health;

    private PlainHost() => _health = new HealthCheck(_redis);

    /// <summary>What to say to someone who wants to publish; null when nobody does.</summary>
    public static string? RefusesToPublish(string[] args)
    {
        var wanted = args.Any(a => a.StartsWith("--publisher", StringComparison.Ordinal) || a.StartsWith("--step", StringComparison.Ordinal) || a is "--operation=publish") ||
            args.Zip(args.Skip(1)).Any(pair => pair is ("--operation", "publish"));
        return wanted
            ? "publishing needs Aspire's packages, and this host was built without them (UseAspire is false: docs/apphost.md); the Helm chart to install from is deploy/chart"
            : null;
    }

    /// <summary>Runs the topology until a signal, or until a part of it ends by itself.</summary>
    /// <returns>0 after a signal, 1 when a part did not become ready or ended by itself.</returns>
    public static async Task<int> RunAsync(AppHostParameters parameters, IReadOnlyList<Part> topology, StopSignal stop)
    {
        await using var host = new PlainHost();
        var fault = false;
        try
        {
            await host.StartAsync(topology, stop.Token);
            host.Introduce(parameters);
            fault = await host.WatchAsync(stop.Token);
        }
        catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
        {
            host._console.Say("asked to end");
        }
        catch (InvalidOperationException e)
        {
            host._console.Say($"error: {e.Message}");
            fault = true;
        }

        await host.WithdrawAsync(Topology.Withdrawal(parameters), stop.Hurry);
        await host.StopAsync(stop.Hurry);
        return fault ? 1 : 0;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var running in Enumerable.Reverse(_running)) await running.DisposeAsync();
        _health.Dispose();
    }

    /// <summary>One after the other: each is ready before the next starts, so all that a part waits for is ready.</summary>
    private async Task StartAsync(IReadOnlyList<Part> topology, CancellationToken stop)
    {
        if (_redis is null) _console.Say("redis-server is not installed (apt-get install redis-server): state is kept in memory");
        foreach (var part in topology.Where(p => p.Kind != PartKind.Redis || _redis is not null))
        {
            var environment = new Dictionary<string, string>(part.Environment);
            if (part.UsesRedis && _redis is not null) environment["ConnectionStrings__redis"] = _redis.ConnectionString;
            var running = RunningPart.Start(part, part.Kind == PartKind.Redis ? _redis!.Command : Checkout.Command(part), environment, _console);
            _running.Add(running);
            await ReadyAsync(running, stop);
            _console.Say($"{part.Name} {(part.Kind == PartKind.Step ? "done" : $"ready (process {running.Id})")}");
        }
    }

    private async Task ReadyAsync(RunningPart running, CancellationToken stop)
    {
        var limit = running.Part.Kind == PartKind.Step ? StepLimit : ReadyLimit;
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(stop);
        bound.CancelAfter(limit);
        using var timer = new PeriodicTimer(StartPause);
        string? reason = null;
        try
        {
            while ((reason = await _health.AskAsync(running, bound.Token)) is not null)
            {
                if (running.ExitCode is not null) throw new InvalidOperationException($"{running.Part.Name} did not start: {reason}");
                await timer.WaitForNextTickAsync(bound.Token);
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new InvalidOperationException($"{running.Part.Name} was not ready within {limit.TotalSeconds:0} s: {reason}");
        }
    }

    private void Introduce(AppHostParameters parameters)
    {
        _console.Say("all ready; Ctrl-C ends everything");
        foreach (var (part, port) in _running.Where(r => r.Part.Port is not null).Select(r => (r.Part, r.Part.Port)))
            _console.Say($"{part.Name}: {string.Join("  ", part.Links.Prepend("/readyz").Select(path => $"http://127.0.0.1:{port}{path}"))}");
        _console.Say($"watch it decide:     eng/kubectl.sh get avp -n {parameters.Namespace} -w");
        _console.Say($"make a pod slow:     eng/demo/delay.sh {parameters.Namespace} {Topology.DemoService} 500ms [POD]");
    }

    /// <summary>Tells every change of health.</summary>
    /// <returns>True when a part has ended that should not.</returns>
    private async Task<bool> WatchAsync(CancellationToken stop)
    {
        var watched = _running.Where(r => r.Part.Kind != PartKind.Step).ToArray();
        var unwell = new HashSet<RunningPart>();
        using var timer = new PeriodicTimer(WatchPause);
        while (await timer.WaitForNextTickAsync(stop))
        {
            foreach (var running in watched)
            {
                var reason = await _health.AskAsync(running, stop);
                if (running.ExitCode is not null)
                {
                    _console.Say($"error: {running.Part.Name}: {reason}; ending the others");
                    return true;
                }

                if (reason is null ? unwell.Remove(running) : unwell.Add(running))
                    _console.Say(reason is null ? $"{running.Part.Name} is ready again" : $"{running.Part.Name} is not ready: {reason}");
            }
        }

        return false;
    }

    /// <summary>Nobody will steer the Service after the end, so it is handed back while there is still somebody to do it.</summary>
    private async Task WithdrawAsync(Part withdrawal, CancellationToken hurry)
    {
        if (!_running.Any(r => r.Part.Name == Topology.Controller.Name && r.ExitCode is null)) return;
        _console.Say("handing the Service back, which takes half a minute; a second Ctrl-C leaves it as it is");
        var step = RunningPart.Start(withdrawal, Checkout.Command(withdrawal), withdrawal.Environment, _console);
        await using (step)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(hurry);
            limit.CancelAfter(WithdrawalLimit);
            try
            {
                await step.EndAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                await step.StopAsync(TimeSpan.FromSeconds(1), hurry);
            }

            _console.Say(step.ExitCode == 0 ? "the Service is handed back" : "the Service may still be steered: the next start goes on with it; docs/operations.md says how to undo it by hand");
        }
    }

    /// <summary>The last first: the load before what serves it, the controller before the agent that it reads.</summary>
    private async Task StopAsync(CancellationToken hurry)
    {
        foreach (var running in Enumerable.Reverse(_running).Where(r => r.ExitCode is null))
        {
            var byItself = await running.StopAsync(Grace, hurry);
            _console.Say(byItself ? $"{running.Part.Name} ended" : $"{running.Part.Name} did not end in time and was killed");
        }
    }
}
